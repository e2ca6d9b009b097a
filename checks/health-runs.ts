import { formatDuration } from '../policy/units.ts';
import type {
  CheckedPlan,
  ChecksInput,
  PlanRuns,
  StoppedSchedule,
  TemporalFacts,
} from '../workflows/contract-checks.ts';
import { startOfBackup } from './backup-time.ts';
import { type LastDue, lastDueIn } from './due.ts';
import type { Known } from './health.ts';
import { type Held, heldByPlan } from './held.ts';
import { secondsBetween, type Weighed } from './weighed.ts';

type Finding = Weighed['findings'][number];

const good = ['passed', 'passed-with-exceptions'];
/** How a run ends that a person ended. */
const byHand = ['aborted', 'canceled', 'cancelled', 'terminated'];

/** How each plan's Schedule and runs stand, as Temporal tells. */
export function weighRuns(
  input: ChecksInput,
  temporal: TemporalFacts,
  zones: readonly Known[],
  now: Date,
): Weighed {
  const weighed: Weighed = { findings: temporal.stopped.map(stoppedFinding), unchecked: [] };
  const lastDue = lastDueIn(input.timezone);
  const heldOf = heldByPlan(zones);
  const runsOf = new Map(temporal.plans.map((runs) => [runs.plan, runs]));
  for (const plan of input.plans) {
    const runs = runsOf.get(plan.plan);
    if (runs === undefined) {
      const sentence = `Temporal did not tell how the backups of ${plan.plan} run.`;
      weighed.unchecked.push({ subject: plan.plan, sentence, explained: false });
      continue;
    }
    weighed.findings.push(
      ...scheduleFindings(plan, runs),
      ...lastRunFindings(plan, runs, now),
      ...neverStarted(plan, runs, { lastDue, held: heldOf.get(plan.plan) ?? [], now }),
    );
  }
  return weighed;
}

/** Nobody misses what does not start: retention, restore tests, the check on copies, drills. */
function stoppedFinding({ id, how }: StoppedSchedule): Finding {
  if (how === 'missing')
    return {
      kind: 'schedule-drifted',
      subject: id,
      severity: 'warning',
      sentence: `${id} has no Schedule in Temporal, so it never starts. Run \`holdfast apply\`.`,
    };
  return {
    kind: 'schedule-paused',
    subject: id,
    severity: 'warning',
    sentence: `The Schedule of ${id} was paused by hand, so it never starts. Resume it in Temporal's Web UI, or pause it in the policy.`,
  };
}

function scheduleFindings({ plan, paused }: CheckedPlan, runs: PlanRuns): Finding[] {
  const finding = (kind: Finding['kind'], severity: Finding['severity'], sentence: string): Finding[] => [
    { kind, subject: plan, severity, sentence },
  ];
  if (!runs.applied)
    return finding(
      'schedule-drifted',
      'critical',
      `${plan} has no Schedule in Temporal, so no backup is made. Run \`holdfast apply\`.`,
    );
  return [
    ...(runs.paused && !paused
      ? finding(
          'schedule-paused',
          'warning',
          `The Schedule of ${plan} was paused by hand, so no backup is made. Resume it in Temporal's Web UI, or pause it in the policy.`,
        )
      : []),
    ...(runs.drifted
      ? finding(
          'schedule-drifted',
          'warning',
          `The Schedule of ${plan} is another than the policy's: somebody changed it in Temporal. See \`holdfast plan\`, and make it equal with \`holdfast apply\`.`,
        )
      : []),
  ];
}

function lastRunFindings({ plan, deadline }: CheckedPlan, { running, last }: PlanRuns, now: Date): Finding[] {
  const findings: Finding[] = [];
  const since = running === null ? 0 : secondsBetween(running.since, now);
  if (running !== null && since > deadline)
    findings.push({
      kind: 'backup-overdue',
      subject: plan,
      severity: 'critical',
      sentence: `The backup of ${plan} has been under way for ${formatDuration(since)}, and its deadline is ${formatDuration(deadline)}. See ${running.workflowId} in Temporal's Web UI.`,
    });
  if (last !== null && !good.includes(last.result))
    findings.push({
      kind: 'backup-failed',
      subject: plan,
      severity: byHand.includes(last.result) ? 'warning' : 'critical',
      sentence: `The last backup of ${plan} ended as ${last.result} at ${last.at}. See ${last.workflowId} in Temporal's Web UI.`,
    });
  return findings;
}

type Clues = { lastDue: LastDue; held: readonly Held[]; now: Date };

/**
 * A backup that was due and of which nothing was heard. A later run cures it, whoever started it. One that Temporal
 * made up for within the time that it may be late is none. Temporal forgets runs after days, and what a run made stays:
 * a copy that started later tells of a run as well, and where not all copies could be looked at nothing is said.
 */
function neverStarted(plan: CheckedPlan, runs: PlanRuns, { lastDue, held, now }: Clues): Finding[] {
  if (!runs.applied || runs.paused || plan.paused || runs.running !== null) return [];
  const due = lastDue(plan.cron, new Date(now.getTime() - plan.late * 1000));
  if (due === null || runs.changedAt === null || due.at.getTime() <= Date.parse(runs.changedAt)) return [];
  const from = due.from.getTime();
  if (runs.last !== null && Date.parse(runs.last.at) >= from) return [];
  const starts = held.map(({ copies }) => (copies.newest === null ? null : startOfBackup(copies.newest)));
  if (starts.some((start) => start !== null && Date.parse(start) >= from)) return [];
  if (runs.last === null && plan.copies.some((name) => !held.some(({ repository }) => repository === name)))
    return [];
  const missed = runs.missed === 0 ? '' : ' Temporal was away for longer than the catch-up time.';
  return [
    {
      kind: 'never-started',
      subject: plan.plan,
      severity: 'critical',
      sentence: `The backup of ${plan.plan} that was due at ${due.at.toISOString()} never started.${missed} Start one with \`holdfast backup run ${plan.plan}\`.`,
    },
  ];
}
