/**
 * Law 8: who may approve what, and what counts. Pure: nothing here knows of Temporal, so that what can come in any order
 * is tested in any order.
 */
import type { Person } from '../policy/resolved.ts';
import type { Approval, ApprovalRule, Cancellation, CountedApproval } from './contract-approval.ts';

/** How what is approved is spoken of. */
export type BallotWords = {
  /** `this deletion` */
  request: string;
  /** What is said to those who come before there is anything to approve. */
  preparing: string;
};

/** What a message is judged by. */
export type Ballot = {
  /** As the run shows it; approvals count while it is `waiting for approvals`. */
  phase: string;
  requester: string;
  rule: Pick<ApprovalRule, 'approvals' | 'role' | 'signatures'>;
  people: readonly Person[];
  /** SHA-256 of the facts that are shown; null while they are found out. */
  hash: string | null;
  approvals: CountedApproval[];
  words: BallotWords;
};

/** The people who may approve: of the role, not the requester, and with a key where signatures are asked for. */
export function approversOf({
  people,
  requester,
  rule,
}: Pick<Ballot, 'people' | 'requester' | 'rule'>): string[] {
  return people
    .filter(
      ({ name, roles, sshKeys }) =>
        name !== requester &&
        roles.includes(rule.role) &&
        (rule.signatures === 'named' || sshKeys.length > 0),
    )
    .map(({ name }) => name);
}

/**
 * Why a request could never be approved; null when it can.
 *
 * @param what what is asked for, with its article: `a deletion`
 */
export function whyNeverApproved(
  what: string,
  { people, requester, rule }: Pick<Ballot, 'people' | 'requester' | 'rule'>,
): string | null {
  if (!people.some(({ name }) => name === requester))
    return `The policy knows no ${requester} among its people.`;
  if (rule.approvals < 1)
    return `${what[0]?.toUpperCase()}${what.slice(1)} without approvals is not offered.`;
  const approvers = approversOf({ people, requester, rule });
  if (approvers.length >= rule.approvals) return null;
  const withKey = rule.signatures === 'signed' ? ' and an SSH key' : '';
  return `It can't be approved: ${rule.approvals} people must, and the policy has ${approvers.length} with the role ${rule.role}${withKey} beside ${requester}.`;
}

/** What is wrong with an approval's form; null when it can be judged. Takes what anybody may have sent. */
export function malformedApproval(sent: unknown): string | null {
  const form = '{"by": "NAME", "hash": "SHA-256 OF THE LIST", "signature": "…"}';
  if (typeof sent !== 'object' || sent === null) return `An approval is written ${form}.`;
  if (!('by' in sent) || faultInLine('name', sent.by) !== null) return `Say who approves: ${form}.`;
  if (!('hash' in sent) || typeof sent.hash !== 'string' || !/^[0-9a-f]{64}$/.test(sent.hash))
    return `Say which list is approved, by its SHA-256: ${form}.`;
  if ('signature' in sent && (typeof sent.signature !== 'string' || sent.signature.length > 20_000))
    return `The signature is the text that ssh-keygen wrote: ${form}.`;
  return null;
}

/** What is wrong with a cancellation's form; null when it can be judged. */
export function malformedCancellation(sent: unknown): string | null {
  const form = '{"by": "NAME", "reason": "WHY"}';
  if (typeof sent !== 'object' || sent === null) return `A cancellation is written ${form}.`;
  if (!('by' in sent) || faultInLine('name', sent.by) !== null) return `Say who cancels: ${form}.`;
  if (!('reason' in sent)) return `Say why: ${form}.`;
  return faultInLine('reason', sent.reason);
}

/** Why an approval does not count, its signature aside; null when it would. */
export function whyNotApprove(ballot: Ballot, { by, hash, signature }: Approval): string | null {
  const { phase, rule, people, requester, approvals, words } = ballot;
  const person = people.find(({ name }) => name === by);
  if (person === undefined) return `The policy knows no ${by} among its people.`;
  if (phase === 'examining' || ballot.hash === null) return words.preparing;
  if (phase === 'waiting out the delay') return 'It has the approvals that it needs.';
  if (phase !== 'waiting for approvals') return `It is too late: the request is ${phase}.`;
  if (by === requester) return `${by} asked for ${words.request}, and so can't approve it.`;
  if (!person.roles.includes(rule.role)) return `${by} has not the role ${rule.role}.`;
  if (hash !== ballot.hash)
    return `${by} approved another list (${hash.slice(0, 12)}…); this one is ${ballot.hash.slice(0, 12)}….`;
  if (approvals.some((approval) => approval.by === by)) return `${by} has approved already, and counts once.`;
  if (approvals.length >= rule.approvals) return 'It has the approvals that it needs.';
  if (rule.signatures === 'signed' && signature === undefined) return `The approval of ${by} is not signed.`;
  return null;
}

/**
 * The approvals with one more, whose signature was checked meanwhile; or why it does not count. It is judged again,
 * since others may have spoken while its signature was checked.
 *
 * @param check the fingerprint of the key that signed it, null where the rule trusts names
 */
export function withApproval(
  ballot: Ballot,
  approval: Approval,
  check: { key: string | null } | { refusal: string },
  at: string,
): { approvals: CountedApproval[] } | { refusal: string } {
  if ('refusal' in check) return check;
  const refusal = whyNotApprove(ballot, approval);
  if (refusal !== null) return { refusal };
  const { key } = check;
  const twin = key === null ? undefined : ballot.approvals.find((counted) => counted.key === key);
  if (twin !== undefined)
    return { refusal: `The key of ${approval.by} has approved already, in the name of ${twin.by}.` };
  return { approvals: [...ballot.approvals, { by: approval.by, at, key }] };
}

const cancellable: ReadonlySet<string> = new Set([
  'restoring',
  'examining',
  'waiting for approvals',
  'waiting out the delay',
  'checking again',
]);

/** Why a cancellation is not followed; null when it is. Anyone of the policy's people may cancel. */
export function whyNotCancel(ballot: Ballot, { by }: Cancellation): string | null {
  if (!ballot.people.some(({ name }) => name === by)) return `The policy knows no ${by} among its people.`;
  return cancellable.has(ballot.phase) ? null : `It is too late: ${whatIs(ballot)} is ${ballot.phase}.`;
}

const whatIs = ({ words }: Ballot): string => words.request.replace(/^this /, 'the ');

/** Whether so many have approved that it may begin. */
export const hasEnough = ({ approvals, rule }: Pick<Ballot, 'approvals' | 'rule'>): boolean =>
  approvals.length >= Math.max(1, rule.approvals);

/** Why a person's text can't be taken; null when it can. It must be one line, because what is signed has lines. */
export function faultInLine(what: string, text: unknown): string | null {
  if (typeof text !== 'string' || text.trim() === '') return `Give a ${what}.`;
  if (text.length > 500) return `The ${what} is longer than 500 characters.`;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 32 || (point >= 127 && point < 160) || point === 0x2028 || point === 0x2029)
      return `The ${what} must be one line of text.`;
  }
  return null;
}
