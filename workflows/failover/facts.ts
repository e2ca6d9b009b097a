/** What looks and results tell: whether facts got worse since they were approved, and the measured RPO and RTO. Pure. */
import { formatDuration } from '../../policy/units.ts';
import type { FailoverProgress, StepProgress } from '../contract-failover.ts';
import { type Fact, knownFacts, type StepLook } from '../contract-failover-steps.ts';

/** What stands in the way of doing a step now; empty when nothing does. */
export const faultsIn = ({ findings }: StepLook): string[] =>
  findings.filter(({ outcome }) => outcome === 'fault').map(({ sentence }) => sentence);

const numberOf = (facts: readonly Fact[], name: string): number | null =>
  facts.find((fact) => fact.name === name)?.number ?? null;

/**
 * Why an approval of what was true then does not cover what is true now; null when it does. Law 8: nobody has approved a
 * loss that is greater than what was shown, once it is beyond what the tier allows.
 *
 * @param rpo seconds of data that may be lost; null: no tier says, and every growth beyond a minute asks again
 */
export function whyAskAgain(approved: StepLook, now: StepLook, rpo: number | null): string | null {
  const [fault] = faultsIn(now);
  if (fault !== undefined) return fault;
  const before = numberOf(approved.facts, knownFacts.lagSeconds);
  const lag = numberOf(now.facts, knownFacts.lagSeconds);
  if (before !== null && lag === null)
    return 'The replication lag was known when it was approved, and is not known now.';
  const most = Math.max(before ?? 0, rpo ?? (before ?? 0) + 60);
  if (lag !== null && lag > most)
    return `The replication lag has grown from ${before === null ? 'unknown' : formatDuration(before)} to ${formatDuration(lag)} since it was approved.`;
  const older = olderBackup(approved.facts, now.facts);
  if (older !== null) return older;
  const gone = approved.choices.find(({ id }) => !now.choices.some((choice) => choice.id === id));
  return gone === undefined ? null : `The choice ${gone.id} is not there any more.`;
}

/** The backup that was newest may have been found bad, or be gone. */
function olderBackup(approved: readonly Fact[], now: readonly Fact[]): string | null {
  const begun = (facts: readonly Fact[]) => facts.find(({ name }) => name === knownFacts.begun)?.value;
  const [before, after] = [begun(approved), begun(now)];
  return before !== undefined && after !== undefined && after < before
    ? `The newest proven backup was of ${before} when it was approved, and is of ${after} now.`
    : null;
}

/** Seconds of data that the run lost, by what its steps found; null while none could tell. The worst counts. */
export function measuredRpo(
  steps: readonly Pick<StepProgress, 'results'>[],
  declaredAt: string,
): number | null {
  const losses = steps.flatMap(({ results }) => {
    const lag = numberOf(results, knownFacts.lagSeconds);
    if (lag !== null) return [lag];
    const newest = results.find(({ name }) => name === knownFacts.newestData)?.value;
    const at = newest === undefined ? Number.NaN : Date.parse(newest);
    return Number.isNaN(at) ? [] : [Math.max(0, (Date.parse(declaredAt) - at) / 1000)];
  });
  return losses.length === 0 ? null : Math.max(...losses);
}

/** Nobody is down for longer because a message waits for whoever approves it. */
export const countsForRto = ({ phase, do: action }: Pick<StepProgress, 'phase' | 'do'>): boolean =>
  phase !== 'return' && action !== 'communicate';

/**
 * Seconds from the declaration to the last step before the return to normal; null unless each of them has come to its end
 * and none was undone.
 */
export function measuredRto({
  steps,
  declaredAt,
}: Pick<FailoverProgress, 'steps' | 'declaredAt'>): number | null {
  const counted = steps.filter(countsForRto);
  if (counted.some(({ state }) => !['passed', 'passed-with-exceptions', 'skipped'].includes(state)))
    return null;
  const ended = counted.flatMap(({ endedAt }) => (endedAt === null ? [] : [Date.parse(endedAt)]));
  return ended.length === 0 ? null : (Math.max(...ended) - Date.parse(declaredAt)) / 1000;
}
