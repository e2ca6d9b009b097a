import { formatDuration } from '../policy/units.ts';
import type { CheckedPlan, ChecksInput, OddBackup } from '../workflows/contract-checks.ts';
import type { PlanCopies } from '../workflows/contract-survey.ts';
import { startOfBackup } from './backup-time.ts';
import type { Known } from './health.ts';
import { heldByPlan } from './held.ts';
import { secondsBetween, type Weighed } from './weighed.ts';

/** How old each plan's newest good copy and its newest proof are, and whether its newest backup is odd. */
export function weighBackups(input: ChecksInput, zones: readonly Known[], now: Date): Weighed {
  const weighed: Weighed = { findings: [], unchecked: [] };
  const copiesOf = heldByPlan(zones);
  const odd = zones.flatMap(({ facts }) => facts?.odd ?? []);
  for (const plan of input.plans) {
    const known = (copiesOf.get(plan.plan) ?? []).filter(({ repository }) =>
      plan.copies.includes(repository),
    );
    const unknown = plan.copies.filter((name) => !known.some(({ repository }) => repository === name));
    const newest = latest(known.map(({ copies }) => copies.newest));
    if (newest === null && unknown.length > 0) {
      const sentence = `What there is of ${plan.plan} is not known: ${unknown.join(' and ')} could not be read.`;
      weighed.unchecked.push({ subject: plan.plan, sentence, explained: true });
      continue;
    }
    weighed.findings.push(
      ...freshness(plan, newest, unknown, now),
      ...oddities(
        odd.filter((each) => each.plan === plan.plan),
        newest,
      ),
    );
    const proof = proofs(
      plan,
      known.map(({ copies }) => copies),
      input.checks.health.testGrace,
      now,
    );
    if (proof.overdue !== null && unknown.length > 0) {
      const sentence = `Whether ${plan.plan} is proven is not known: ${unknown.join(' and ')} could not be read.`;
      weighed.unchecked.push({ subject: plan.plan, sentence, explained: true });
    } else if (proof.overdue !== null) weighed.findings.push(proof.overdue);
    if (proof.failed !== null) weighed.findings.push(proof.failed);
  }
  return weighed;
}

type Finding = Weighed['findings'][number];

function freshness(
  { plan, rpo, copies }: CheckedPlan,
  newest: string | null,
  unknown: readonly string[],
  now: Date,
): Finding[] {
  if (newest === null) {
    const sentence = `There is no backup of ${plan} in ${copies.join(' or ')}. Start one with \`holdfast backup run ${plan}\`.`;
    return [{ kind: 'no-backup', subject: plan, severity: 'critical', sentence }];
  }
  const start = startOfBackup(newest);
  const age = start === null ? 0 : secondsBetween(start, now);
  if (rpo === null || age <= rpo) return [];
  const asFar = unknown.length === 0 ? '' : `, as far as it is known without ${unknown.join(' and ')}`;
  const sentence = `The newest good copy of ${plan}, ${newest}, is ${formatDuration(age)} old${asFar}, and its tier allows ${formatDuration(rpo)}. See why the backups after it failed, or start one with \`holdfast backup run ${plan}\`.`;
  return [{ kind: 'rpo-exceeded', subject: plan, severity: 'critical', sentence }];
}

/** A repository that lacks the newest backup tells of an older one, which is no news. */
function oddities(odd: readonly OddBackup[], newest: string | null): Finding[] {
  return odd
    .filter(({ backupId }) => backupId === newest)
    .map(({ kind, plan, sentence }) => ({
      kind,
      subject: plan,
      severity: kind === 'compression-fell' ? 'critical' : 'warning',
      sentence,
    }));
}

/** Only a test that passed is a proof; one that was cancelled or could not be made leaves the proof as old as it was. */
function proofs(
  { plan, testInterval }: CheckedPlan,
  known: readonly PlanCopies[],
  grace: number,
  now: Date,
): { overdue: Finding | null; failed: Finding | null } {
  const proven = latest(known.map((copies) => copies.proven?.at ?? null));
  const tests = known.flatMap(({ tested }) => (tested === null ? [] : [tested]));
  const last = tests.find(({ at }) => at === latest(tests.map((test) => test.at)));
  const failed: Finding | null =
    last?.result === 'failed' && (proven === null || proven < last.at)
      ? {
          kind: 'test-failed',
          subject: plan,
          severity: 'critical',
          sentence: `The last restore test of ${plan}, of ${last.backupId}, failed at ${last.at}. See its report, and test another copy with \`holdfast restore-test run ${plan}\`.`,
        }
      : null;
  const oldest = earliest(known.map((copies) => copies.oldest));
  const since = proven ?? (oldest === null ? null : startOfBackup(oldest));
  if (testInterval === null || since === null || secondsBetween(since, now) <= testInterval + grace)
    return { overdue: null, failed };
  const age = formatDuration(secondsBetween(since, now));
  const how = proven === null ? `was never restored in ${age}` : `was restored last ${age} ago`;
  return {
    failed,
    overdue: {
      kind: 'test-overdue',
      subject: plan,
      severity: 'warning',
      sentence: `${plan} ${how}, and its restore tests are to run every ${formatDuration(testInterval)}. Run one with \`holdfast restore-test run ${plan}\`.`,
    },
  };
}

/** Ids of backups and instants sort by time as text. */
function latest(texts: readonly (string | null)[]): string | null {
  return texts.reduce<string | null>(
    (found, text) => (text !== null && (found === null || text > found) ? text : found),
    null,
  );
}

function earliest(texts: readonly (string | null)[]): string | null {
  return texts.reduce<string | null>(
    (found, text) => (text !== null && (found === null || text < found) ? text : found),
    null,
  );
}
