import type { ErrorCode } from '../policy/errors.ts';
import type { Outcome, Reason } from './contract.ts';
import type { Measured, ProofCheck, SurveyedProofs, TestAttempt, Verdict } from './contract-restore-test.ts';
import type { Picked } from './restore-test-pick.ts';

/** What a test found, before anybody is told. */
export type Tested = {
  pick: Picked | null;
  attempts: TestAttempt[];
  surveys: SurveyedProofs[];
  /** What stood in the way of looking at all. */
  exceptions: string[];
  at: string;
};

/** What is wrong with the bytes of a copy: another copy may be good, and this one is healed from it. */
const faultsOfTheCopy: ReadonlySet<ErrorCode> = new Set(['corrupt-copy', 'untrusted-signature']);

/** What is wrong with this host or the policy: no other copy would fare better. */
const faultsOfThisPlace: ReadonlySet<ErrorCode> = new Set([
  'tool-missing',
  'version-mismatch',
  'disk-full',
  'bad-key',
  'bad-policy',
  'bad-usage',
  'process-failed',
  'refused',
]);

/** Whether the bytes of a copy are not what was signed. */
export const isFaultOfTheCopy = ({ code }: Reason): boolean => faultsOfTheCopy.has(code);

/** What a failure says of the backup. Only what the data itself is to blame for disproves it: no false alarm. */
export function verdictOfReason(reason: Reason): Verdict {
  return isFaultOfTheCopy(reason) || reason.code === 'mismatch' ? 'disproven' : 'untested';
}

/**
 * What the checks say together. One that failed disproves; a check of the user's own that could not be made leaves
 * open whether the data is good; what could not be compared for want of a fingerprint is an exception.
 */
export function verdictOfChecks(checks: readonly ProofCheck[]): { verdict: Verdict; reason: Reason | null } {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    return { verdict: 'disproven', reason: { code: 'mismatch', sentence: sentencesOf(failed) } };
  const unmade = checks.filter(
    ({ check, outcome }) => outcome === 'not-checked' && (check === 'smoke' || check === 'command'),
  );
  if (unmade.length > 0)
    return { verdict: 'untested', reason: { code: 'stalled', sentence: sentencesOf(unmade) } };
  return { verdict: 'proven', reason: null };
}

const sentencesOf = (checks: readonly ProofCheck[]): string =>
  checks.map(({ sentence }) => sentence).join(' ');

/** Whether another copy of the same backup may do what this one did not: its data is not to blame, nor this place. */
export const mayAnotherCopyDo = ({ code }: Reason): boolean =>
  code !== 'mismatch' && !faultsOfThisPlace.has(code);

/** Whether another copy of the same backup may tell what this one did not. */
export const asksAnotherCopy = ({ verdict, reason }: TestAttempt): boolean =>
  verdict !== 'proven' && reason !== null && mayAnotherCopyDo(reason);

/** What all attempts say of the backup: proven by one is proven, whatever became of the others. */
export function verdictOfAttempts(attempts: readonly TestAttempt[]): Verdict {
  const verdicts = attempts.map(({ verdict }) => verdict);
  if (verdicts.includes('proven')) return 'proven';
  return verdicts.includes('disproven') ? 'disproven' : 'untested';
}

/** Law 11: what could not be tested was aborted, and is neither a pass nor a failure of the backup. */
export function outcomeOf(verdict: Verdict, exceptions: readonly string[]): Outcome {
  if (verdict === 'disproven') return 'failed';
  if (verdict === 'untested') return 'aborted';
  return exceptions.length === 0 ? 'passed' : 'passed-with-exceptions';
}

/** The result that a copy's marker tells; null where the test says nothing of the copy. */
export function markedResult({
  verdict,
  checks,
}: TestAttempt): 'passed' | 'passed-with-exceptions' | 'failed' | null {
  if (verdict === 'untested') return null;
  if (verdict === 'disproven') return 'failed';
  return checks.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'passed-with-exceptions';
}

/** What an attempt leaves to be said besides its verdict. What only differs between hosts is a warning, and none of it. */
export function exceptionsOf(attempt: TestAttempt): string[] {
  const { repository, verdict, reason, checks, document, scratchGone } = attempt;
  const unproven = {
    proven: [],
    disproven: [`The copy in ${repository} is not good: ${reason?.sentence ?? ''}`],
    untested: [`The copy in ${repository} could not be tested, because: ${reason?.sentence ?? ''}`],
  }[verdict];
  const open = checks
    .filter(({ outcome }) => verdict === 'proven' && outcome === 'not-checked')
    .map(({ sentence }) => sentence);
  const left = `Nobody saw the scratch place of the test from ${repository} go; the next worker of the zone removes it.`;
  const unread = `RESTORE.md beside the copy in ${repository} was ${document === 'missing' ? 'missing' : 'not what its manifest gives'}.`;
  return [...unproven, ...open, ...(document === undefined ? [] : [unread]), ...(scratchGone ? [] : [left])];
}

/** What was measured and is more than the tier allows; what nobody measured, or set, is missed by nobody. */
export function missedTargets({ rto, rpo }: { rto: Measured; rpo: Measured }): string[] {
  return [
    ...missed('RTO', rto, 'the restore and its checks took'),
    ...missed('RPO', rpo, 'the longest time between two backups was'),
  ];
}

function missed(name: string, { target, measured }: Measured, what: string): string[] {
  if (target === null || measured === null || measured <= target) return [];
  return [`The ${name} of ${Math.round(target)} s is missed: ${what} ${Math.round(measured)} s.`];
}
