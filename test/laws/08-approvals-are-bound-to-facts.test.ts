import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Person } from '../../policy/resolved.ts';
import { checkPersonSignature } from '../../repository/person-signature.ts';
import { sign } from '../../repository/signing.ts';
import {
  type Ballot,
  hasEnough,
  whyNotApprove,
  whyNotCancel,
  withApproval,
} from '../../workflows/approvals.ts';
import type { Approval } from '../../workflows/contract-approval.ts';
import { approvalNamespace } from '../../workflows/contract-deletion.ts';
import { approvalText, deletionWords } from '../../workflows/deletion-text.ts';
import { inDirectory, makeSshKey } from '../support/keys.ts';

const right = 'a'.repeat(64);
const wrong = 'b'.repeat(64);
const names = ['asker', 'one', 'two', 'three', 'plain', 'stranger'] as const;
const roles: Record<string, string[]> = {
  asker: ['approver'],
  one: ['approver'],
  two: ['approver', 'dba'],
  three: ['approver'],
  plain: ['dba'],
};
const people: Person[] = Object.entries(roles).map(([name, own]) => ({ name, roles: own, sshKeys: [name] }));

/** What can come, in any order: an approval, the end of the check of one, a cancellation, the end of the delay. */
type Event =
  | { kind: 'approve'; by: string; hash: string; signed: boolean; good: boolean; key: string }
  | { kind: 'checked'; which: number }
  | { kind: 'cancel'; by: string }
  | { kind: 'day' };

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('approve' as const),
      by: fc.constantFrom(...names),
      hash: fc.constantFrom(right, right, right, right, wrong),
      signed: fc.constantFrom(true, true, true, false),
      good: fc.constantFrom(true, true, false),
      key: fc.constantFrom('key-1', 'key-2', 'key-3', 'key-4'),
    }),
  },
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('checked' as const), which: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), by: fc.constantFrom(...names) }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'day' as const }) },
);

type Checking = { approval: Approval; good: boolean; key: string };

/** Plays events by the rules that the workflow plays by; the ballot that reached deletion, or null. */
function play(approvals: number, sequence: readonly Event[]): { ballot: Ballot; sent: Checking[] } | null {
  let ballot: Ballot = {
    phase: 'waiting for approvals',
    requester: 'asker',
    rule: { approvals, role: 'approver', signatures: 'signed' },
    people,
    hash: right,
    approvals: [],
    words: deletionWords,
  };
  const checking: Checking[] = [];
  const sent: Checking[] = [];
  for (const event of sequence) {
    if (event.kind === 'approve') {
      const { by, hash, signed, good, key } = event;
      const approval = { by, hash, ...(signed ? { signature: 'signature' } : {}) };
      if (whyNotApprove(ballot, approval) === null) checking.push({ approval, good, key });
      sent.push({ approval, good, key });
    } else if (event.kind === 'checked') {
      const [next] = checking.splice(event.which, 1);
      if (next === undefined) continue;
      const check = next.good ? { key: next.key } : { refusal: 'bad' };
      const counted = withApproval(ballot, next.approval, check, '');
      if ('approvals' in counted) ballot = { ...ballot, approvals: counted.approvals };
      if (ballot.phase === 'waiting for approvals' && hasEnough(ballot))
        ballot = { ...ballot, phase: 'waiting out the delay' };
    } else if (event.kind === 'cancel') {
      if (whyNotCancel(ballot, { by: event.by, reason: 'x' }) === null) return null;
    } else if (ballot.phase === 'waiting out the delay') return { ballot, sent };
  }
  return null;
}

describe('law 8: approvals are bound to facts', () => {
  it('lets no sequence of messages reach deletion without so many others who signed this very list', () => {
    let reached = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(events, { maxLength: 60, size: 'max' }),
        (needed, sequence) => {
          const end = play(needed, sequence);
          if (end === null) return;
          reached += 1;
          const { approvals } = end.ballot;
          const who = approvals.map(({ by }) => by);
          expect(new Set(who).size).toBe(who.length);
          expect(new Set(approvals.map(({ key }) => key)).size).toBe(who.length);
          expect(who.length).toBeGreaterThanOrEqual(needed);
          expect(who).not.toContain('asker');
          for (const { by, key } of approvals) {
            expect(roles[by]).toContain('approver');
            expect(
              end.sent.some(
                (sent) =>
                  sent.approval.by === by &&
                  sent.key === key &&
                  sent.good &&
                  sent.approval.hash === right &&
                  sent.approval.signature !== undefined,
              ),
            ).toBe(true);
          }
        },
      ),
      { numRuns: 3000, seed: 8 },
    );
    expect(reached).toBeGreaterThan(100);
  });

  it('takes no message after a cancellation', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 30 }), (before) => {
        const sequence: Event[] = [
          ...before.filter(({ kind }) => kind !== 'day'),
          { kind: 'cancel', by: 'plain' },
        ];
        expect(play(2, [...sequence, { kind: 'day' }, ...before, { kind: 'day' }])).toBeNull();
      }),
      { numRuns: 500, seed: 8 },
    );
  });

  describe('a signature', () => {
    const approval = { workflowId: 'deletion/1', by: 'one', hash: right };
    let key: Awaited<ReturnType<typeof makeSshKey>>;
    let signature: string;
    let one: Person;

    beforeAll(async () => {
      key = await makeSshKey();
      one = { name: 'one', roles: ['approver'], sshKeys: [key.publicKey] };
      signature = await inDirectory((directory) =>
        sign(Buffer.from(approvalText(approval)), key.privateKey, {
          directory,
          namespace: approvalNamespace,
        }),
      );
    });

    it('holds for the run, the list and the person that it names', async () => {
      const check = await checkPersonSignature(approvalText(approval), signature, one, approvalNamespace);
      expect(check.holds).toBe(true);
    });

    it.each([
      ['another run', { ...approval, workflowId: 'deletion/2' }],
      ['another list', { ...approval, hash: wrong }],
      ['another person', { ...approval, by: 'two' }],
    ])('does not hold for %s', async (_, other) => {
      const check = await checkPersonSignature(approvalText(other), signature, one, approvalNamespace);
      expect(check).toEqual({ holds: false, sentence: expect.stringContaining('does not fit') });
    });
  });
});
