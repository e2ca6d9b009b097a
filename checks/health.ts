import type { ChecksInput, HealthJudgement, TemporalFacts, ZoneFacts } from '../workflows/contract-checks.ts';
import { weighAirgaps } from './health-airgap.ts';
import { weighBackups } from './health-backups.ts';
import { costNow, weighCost } from './health-cost.ts';
import { weighKeys } from './health-keys.ts';
import { weighRepositories } from './health-repositories.ts';
import { weighRuns } from './health-runs.ts';
import { weighZones } from './health-zones.ts';
import { together, type Weighed } from './weighed.ts';

/** A zone's facts, or why it told none. */
export type Known =
  | { zone: string; facts: ZoneFacts; silent: null }
  | { zone: string; facts: null; silent: string };

export type HealthFacts = {
  zones: Known[];
  temporal: TemporalFacts | { unknown: string };
};

/** What may be over in a minute: after a restart of Temporal, or in a service that is away for a moment. */
const lapses: readonly string[] = ['never-started', 'repository-unreachable'];

/**
 * What is wrong with a fleet now, each thing once and with what to do, and what could not be looked at (law 11).
 * Depends on nothing but its arguments, and not on their order.
 */
export function weighHealth(
  input: ChecksInput,
  { zones, temporal }: HealthFacts,
  now: Date,
): Omit<HealthJudgement, 'result'> {
  const { health } = input.checks;
  const told = 'unknown' in temporal ? null : temporal;
  const weighed = together([
    weighZones(zones, told),
    weighRepositories(input.repositories, zones, health.storage),
    weighBackups(input, zones, now),
    'unknown' in temporal ? temporalUnknown(temporal.unknown) : weighRuns(input, temporal, zones, now),
    weighKeys(zones, health.keyExpiry, now),
    weighAirgaps(input, zones, now),
    weighCost(input, zones),
  ]);
  const unexplained = weighed.unchecked.filter(({ explained }) => !explained);
  const all = together([weighed, { findings: unexplained.map(impossible), unchecked: [] }]).findings;
  const findings = all.filter(({ lingers }) => lingers !== true);
  return {
    findings,
    lingering: all.filter(({ lingers }) => lingers === true),
    unchecked: weighed.unchecked.map(({ subject, sentence }) => ({ subject, sentence })),
    cost: costNow(input, zones).total,
    lookAgain: findings.some(({ kind }) => lapses.includes(kind)),
  };
}

function temporalUnknown(why: string): Weighed {
  const sentence = `How Schedules and runs stand is not known: ${why}`;
  return { findings: [], unchecked: [{ subject: 'temporal', sentence, explained: false }] };
}

function impossible({ subject, sentence }: Weighed['unchecked'][number]): Weighed['findings'][number] {
  return { kind: 'check-impossible', subject, severity: 'warning', sentence };
}
