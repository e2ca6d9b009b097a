/** What the activities around rehearsals that come by themselves take and give. */
import type { DrillStanding, LookAtDrillsInput } from '../workflows/contract-drills.ts';
import type { TellFollowUpsInput } from '../workflows/contract-follow-ups.ts';

export type DrillActivities = {
  /** How the Schedules of drills stand, as Temporal tells. */
  lookAtDrills(input: LookAtDrillsInput): Promise<DrillStanding[]>;
  /** Starts the workflow `follow-ups` where it does not run, and tells it. */
  tellFollowUps(input: TellFollowUpsInput): Promise<void>;
};
