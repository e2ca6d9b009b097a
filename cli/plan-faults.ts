import { intervalsOf } from '../policy/cron.ts';
import { formatDuration } from '../policy/units.ts';
import type { PlanFacts, PlanStatus } from './plan-status.ts';

const goodResults: ReadonlySet<string> = new Set(['passed', 'passed-with-exceptions']);

/** What a plan promises; seconds. */
export type Expectations = {
  /** Whether the policy pauses it. */
  paused: boolean;
  /** The longest time between the starts of two backups, with the time that one may take. */
  every: number;
  /** The oldest that the newest proof may be; null without a schedule of restore tests. */
  proofWithin: number | null;
  now: Date;
};

export function expectationsOf({
  plan,
  testGrace,
  now,
}: Pick<PlanFacts, 'plan' | 'testGrace' | 'now'>): Expectations {
  const { schedule, restoreTest } = plan;
  const tests = restoreTest?.schedule;
  return {
    paused: schedule.paused,
    every: intervalsOf(schedule.cron).longest + schedule.jitter + schedule.deadline,
    proofWithin:
      tests === undefined || tests.paused
        ? null
        : intervalsOf(tests.cron).longest + tests.deadline + testGrace,
    now,
  };
}

/** What of a status needs a person. Pure. */
export function faultsOf(status: Omit<PlanStatus, 'faults'>, expected: Expectations): string[] {
  return [
    ...temporalFaults(status, expected),
    ...dataFaults(status, expected),
    ...copyFaults(status),
    ...proofFaults(status, expected),
  ];
}

function temporalFaults(
  { worker, zone, applied, paused, last }: Omit<PlanStatus, 'faults'>,
  expected: Expectations,
): string[] {
  const faults: string[] = [];
  if (worker === false)
    faults.push(
      `No worker of zone ${zone} answers, so no backup is made: run \`holdfast worker --zone ${zone}\`.`,
    );
  if (applied === false) faults.push('It has no Schedule in Temporal: run `holdfast apply`.');
  if (paused === true && !expected.paused)
    faults.push('It was paused by hand in Temporal, so no backup is made: unpause its Schedule there.');
  if (last !== null && !goodResults.has(last.result))
    faults.push(`Its last backup ended as ${last.result}: see ${last.workflowId} in the Web UI.`);
  return faults;
}

function dataFaults(status: Omit<PlanStatus, 'faults'>, { every, paused }: Expectations): string[] {
  const { lastGood, running, rpo, places } = status;
  const unknown = places.filter(({ state }) => state === 'unknown').map(({ repository }) => repository);
  if (lastGood === null) {
    if (unknown.length > 0)
      return [`Whether there is a good backup is unknown: ${unknown.join(', ')} could not be read.`];
    return running.length > 0 ? [] : ['There is no good backup yet.'];
  }
  const known = unknown.length === 0 ? '' : ` where it could be read (not in ${unknown.join(', ')})`;
  const age = `${formatDuration(lastGood.age)} old${known}`;
  if (rpo !== null)
    return lastGood.age > rpo
      ? [`Its newest data is ${age}, and its tier allows ${formatDuration(rpo)}.`]
      : [];
  if (paused || lastGood.age <= every) return [];
  return [`Its newest data is ${age}, and by its schedule never older than ${formatDuration(every)}.`];
}

/** While a backup runs, one copy may well be ahead of the others. */
function copyFaults({ places, running, lastGood }: Omit<PlanStatus, 'faults'>): string[] {
  if (lastGood === null || running.length > 0) return [];
  return places
    .filter(({ wanted, state }) => wanted && (state === 'behind' || state === 'none'))
    .map(({ repository, state, newest }) =>
      state === 'none'
        ? `${repository} has none of its backups.`
        : `${repository} lacks its newest backup ${lastGood.backupId}, and has none after ${newest}.`,
    );
}

function proofFaults(status: Omit<PlanStatus, 'faults'>, { proofWithin, now }: Expectations): string[] {
  const { tested, proven, oldest } = status;
  const faults =
    tested === null || goodResults.has(tested.result)
      ? []
      : [`Its last restore test ended as ${tested.result}: backup ${tested.backupId}, at ${tested.at}.`];
  // Without a proof the time runs from the first backup that could have been tested.
  const since = proven?.at ?? oldest?.at;
  if (proofWithin === null || since === undefined) return faults;
  const age = (now.getTime() - Date.parse(since)) / 1000;
  if (age <= proofWithin) return faults;
  const told =
    proven === null
      ? 'None of its backups was ever restored'
      : `Its last proof is ${formatDuration(age)} old`;
  return [...faults, `${told}, and its restore tests promise one every ${formatDuration(proofWithin)}.`];
}
