import { formatDuration } from '../policy/units.ts';
import type { ReviewedRun, ReviewedStep, ReviewFindings, Slower } from './review.ts';

/** A step counts as slower from so much more on: less is weather. */
const tenth = 1.1;
const leastSeconds = 1;

/** What the facts of a run's report say about how it went. Pure. */
export function findingsOf(run: ReviewedRun): ReviewFindings {
  const slower = slowerSteps(run);
  const trouble = run.steps
    .filter(({ state, attempts }) => state !== 'passed' || attempts > 1)
    .map(({ id, state, attempts, sentences }) => ({ step: id, state, attempts, sentences }));
  return { wentWell: wentWell(run, slower), trouble, slower, toImprove: toImprove(run, slower) };
}

/** Steps that took more than in the last rehearsal of this version, the largest difference first. */
function slowerSteps({ steps, lastDrill }: ReviewedRun): Slower[] {
  return steps
    .flatMap((step): Slower[] => {
      const seconds = secondsOf(step);
      const before = lastDrill?.steps[step.id];
      if (seconds === null || before === undefined) return [];
      const isSlower = seconds > before * tenth && seconds - before > leastSeconds;
      return isSlower ? [{ step: step.id, seconds, before }] : [];
    })
    .sort((a, b) => b.seconds - b.before - (a.seconds - a.before));
}

function secondsOf({ startedAt, endedAt }: ReviewedStep): number | null {
  return startedAt === null || endedAt === null ? null : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function wentWell(run: ReviewedRun, slower: readonly Slower[]): string[] {
  const { rto, rpo, steps, lastDrill, exceptions, refused } = run;
  const atOnce = steps.filter(({ state, attempts }) => state === 'passed' && attempts <= 1).length;
  const approvals = steps.flatMap((step) => step.approvals);
  return [
    ...met('RTO', rto),
    ...met('RPO', rpo),
    ...(atOnce === 0 ? [] : [`${atOnce} of ${steps.length} steps passed at the first attempt.`]),
    ...(exceptions.length === 0 ? ['Nothing was skipped, or taken on somebody’s word.'] : []),
    ...(lastDrill === null ? [] : [`This very version was rehearsed on ${lastDrill.at.slice(0, 10)}.`]),
    ...(lastDrill !== null && slower.length === 0 ? ['No step was slower than in that rehearsal.'] : []),
    ...(approvals.length > 0 && approvals.every(({ key }) => key !== null)
      ? [`Every approval (${approvals.length}) was signed with a person's key.`]
      : []),
    ...run.expectations.filter(({ came }) => came === 'yes').map(({ text }) => `As expected: ${text}`),
    ...(refused.length === 0 ? ['Every message to the run was one that it could follow.'] : []),
  ];
}

function met(name: string, { target, measured }: ReviewedRun['rto']): string[] {
  if (target === null || measured === null || measured > target) return [];
  return [`${name} was met: ${formatDuration(measured)} of ${formatDuration(target)}.`];
}

function toImprove(run: ReviewedRun, slower: readonly Slower[]): string[] {
  const { rto, rpo, steps, lastDrill, exceptions, refused, left, degraded } = run;
  const again = steps.filter(({ attempts }) => attempts > 1);
  return [
    ...missed('RTO', rto, longest(steps)),
    ...missed('RPO', rpo, 'How old is what stands by allowed to become, and who is told before?'),
    ...(rpo.measured === null
      ? ['The loss of data was not measured: nothing tells whether the RPO was kept.']
      : []),
    ...(lastDrill === null
      ? ['This version had not been rehearsed: rehearse a runbook after each change.']
      : []),
    ...slower.map(
      ({ step, seconds, before }) =>
        `Why did ${step} take ${formatDuration(seconds)}, and ${formatDuration(before)} in the rehearsal?`,
    ),
    ...again.map(
      ({ id, attempts }) => `${id} needed ${attempts} attempts: what would have let the first one pass?`,
    ),
    ...(exceptions.length === 0
      ? []
      : [
          `${exceptions.length} things were not simply done: what has to change so that none is needed next time?`,
        ]),
    ...(refused.length === 0
      ? []
      : [`${refused.length} messages were not followed: did people know who may say what?`]),
    ...run.expectations
      .filter(({ came }) => came === 'no')
      .map(
        ({ text, remark }) => `Expected, and did not come: ${text}${remark === null ? '' : ` (${remark})`}`,
      ),
    ...(degraded ? ['It went on without the lost side: is that side whole again?'] : []),
    ...left.map((each) => `Still to be taken back by hand: ${each}`),
  ];
}

function missed(name: string, { target, measured }: ReviewedRun['rto'], question: string): string[] {
  if (target === null || measured === null || measured <= target) return [];
  return [`${name} was missed by ${formatDuration(measured - target)}. ${question}`];
}

/** Where the time went. */
function longest(steps: readonly ReviewedStep[]): string {
  const timed = steps
    .flatMap((step) => {
      const seconds = secondsOf(step);
      return seconds === null ? [] : [{ id: step.id, seconds }];
    })
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 3);
  return `Longest were ${timed.map(({ id, seconds }) => `${id} (${formatDuration(seconds)})`).join(', ')}.`;
}
