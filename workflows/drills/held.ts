/** Whether drills were held when they were to be. Pure; instants in milliseconds. */
import type { AlertFinding } from '../contract-alerts.ts';
import type { DrillStanding, WatchedDrill } from '../contract-drills.ts';
import type { EarlierRun } from '../contract-failover.ts';
import { type Known, latest } from './memory.ts';

/** Seconds that a drill may take beyond its deadline, until its report is there. */
const besideDeadline = 3600;

/** Whether reports must be read to know whether a drill was held when it was to be. */
export const isAsked = ({ due, held }: Known): boolean => due !== null && (held === null || held < due);

const good: readonly EarlierRun['result'][] = ['passed', 'passed-with-exceptions'];

/** Runs of a drill, by whoever they were started, newest first. */
export const runsOf = (runs: readonly EarlierRun[], { drill }: Pick<WatchedDrill, 'drill'>): EarlierRun[] =>
  runs.filter((run) => run.drill === drill);

/** When a drill was held last, as its reports tell. One that was stopped was not held. */
export function withReports(known: Known, runs: readonly EarlierRun[]): Known {
  const held = runs.filter(({ result }) => good.includes(result)).map(({ at }) => at);
  return { ...known, held: latest([known.held, ...held]) };
}

/**
 * What is wrong with a drill: its Schedule, or that it was not held when it was to be.
 *
 * @param runs of this drill; null where no repository could tell
 */
export function faultsOf(
  watched: WatchedDrill,
  standing: DrillStanding,
  known: Known,
  runs: readonly EarlierRun[] | null,
  now: number,
): AlertFinding[] {
  const { runbook, drill, schedule } = watched;
  const finding = (kind: AlertFinding['kind'], sentence: string): AlertFinding[] => [
    { kind, subject: `${runbook}/${drill}`, severity: 'warning', sentence, roles: watched.told },
  ];
  if (!standing.applied)
    return finding(
      'schedule-drifted',
      `The drill ${drill} of ${runbook} has no Schedule in Temporal, so it is never held. Run \`holdfast apply\`.`,
    );
  if (schedule.paused) return [];
  const paused = standing.paused
    ? finding(
        'schedule-paused',
        `The Schedule of the drill ${drill} of ${runbook} was paused by hand, so it is not held. Resume it in Temporal's Web UI, or pause it in the policy.`,
      )
    : [];
  return [...paused, ...overdue()];

  function overdue(): AlertFinding[] {
    const { due, held } = known;
    if (due === null || !isAsked(known)) return [];
    const over = now >= Date.parse(due) + (schedule.catchup + schedule.deadline + besideDeadline) * 1000;
    if (runs === null)
      return over
        ? finding(
            'check-impossible',
            `Whether the drill ${drill} of ${runbook}, due at ${due}, was held is not known: no repository could be read.`,
          )
        : [];
    const failed = runs.find(({ at }) => at >= due);
    if (failed === undefined && !over) return [];
    const how = failed === undefined ? 'was not held' : `ended as ${failed.result} at ${failed.at}`;
    const last = held === null ? 'It was never held.' : `It was held last at ${held}.`;
    return finding(
      'drill-overdue',
      `The drill ${drill} of ${runbook} that was due at ${due} ${how}. ${last} Hold it with \`holdfast drill ${runbook} --drill ${drill} --as NAME\`.`,
    );
  }
}
