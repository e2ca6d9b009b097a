import type { ChecksPatience } from './contract-checks.ts';

/** Restarts of a worker or of Temporal, and moments in which a service is away, are over by then. */
export const usualPatience: ChecksPatience = { zone: 30, zoneAgain: 60, repository: 30, lapse: 60 };
