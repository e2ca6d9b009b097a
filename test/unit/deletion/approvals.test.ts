import { describe, expect, it } from '@jest/globals';
import type { Person } from '../../../policy/resolved.ts';
import {
  approversOf,
  type Ballot,
  malformedApproval,
  malformedCancellation,
  whyNotApprove,
  whyNotCancel,
  withApproval,
} from '../../../workflows/approvals.ts';
import { deletionWords } from '../../../workflows/deletion-text.ts';
import { deletionRule } from '../../support/plans.ts';

const person = (name: string, ...roles: string[]): Person => ({ name, roles, sshKeys: ['ssh-ed25519 AAAA'] });

const hash = 'a'.repeat(64);
const at = '2026-11-21T01:00:00Z';

const ballot = (changes: Partial<Ballot> = {}): Ballot => ({
  phase: 'waiting for approvals',
  requester: 'dba-1',
  rule: deletionRule,
  people: [
    person('dba-1', 'dba', 'approver'),
    person('dba-2', 'approver'),
    person('dba-3', 'approver'),
    person('intern-1', 'intern'),
  ],
  hash,
  approvals: [],
  words: deletionWords,
  ...changes,
});

const approval = (by: string) => ({ by, hash, signature: '-----BEGIN SSH SIGNATURE-----' });
const counted = (by: string, key: string | null = `SHA256:${by}`) => ({
  by,
  at: '2026-11-21T01:00:00Z',
  key,
});

describe('an approval', () => {
  it('counts from another person of the role', () => {
    expect(whyNotApprove(ballot(), approval('dba-2'))).toBeNull();
    expect(withApproval(ballot(), approval('dba-2'), { key: 'SHA256:x' }, at)).toEqual({
      approvals: [{ by: 'dba-2', at, key: 'SHA256:x' }],
    });
  });

  it.each([
    ['a stranger', ballot(), approval('mallory'), 'knows no mallory'],
    ['the requester', ballot(), approval('dba-1'), 'asked for this deletion'],
    ['somebody without the role', ballot(), approval('intern-1'), 'has not the role approver'],
    ['the same person again', ballot({ approvals: [counted('dba-2')] }), approval('dba-2'), 'counts once'],
    [
      'somebody who saw another list',
      ballot(),
      { ...approval('dba-2'), hash: 'b'.repeat(64) },
      'another list',
    ],
    ['somebody who did not sign', ballot(), { by: 'dba-2', hash }, 'is not signed'],
    [
      'one too many',
      ballot({ approvals: [counted('dba-2'), counted('dba-4')] }),
      approval('dba-3'),
      'it needs',
    ],
    [
      'before there is a list',
      ballot({ phase: 'examining', hash: null }),
      approval('dba-2'),
      'still being computed',
    ],
    ['in the delay', ballot({ phase: 'waiting out the delay' }), approval('dba-3'), 'it needs'],
    ['after a cancellation', ballot({ phase: 'cancelled' }), approval('dba-2'), 'cancelled'],
    ['while it is deleted', ballot({ phase: 'deleting' }), approval('dba-2'), 'too late'],
    ['after it expired', ballot({ phase: 'expired' }), approval('dba-2'), 'too late'],
  ])('of %s does not count', (_, state, sent, sentence) => {
    expect(whyNotApprove(state, sent)).toContain(sentence);
  });

  it('does not count by a key that has approved in another name', () => {
    const state = ballot({ approvals: [counted('dba-2', 'SHA256:shared')] });
    expect(withApproval(state, approval('dba-3'), { key: 'SHA256:shared' }, at)).toEqual({
      refusal: expect.stringContaining('in the name of dba-2'),
    });
  });

  it.each([
    ['no object', null],
    ['nobody', { hash }],
    ['no list', { by: 'dba-2' }],
    ['no hash', { by: 'dba-2', hash: 'latest' }],
    ['a name with a line break', { by: 'dba-2\nlist: x', hash }],
    ['a signature that is no text', { by: 'dba-2', hash, signature: 1 }],
    ['an endless signature', { by: 'dba-2', hash, signature: 'x'.repeat(20_001) }],
  ])('with %s is malformed', (_, sent) => {
    expect(malformedApproval(sent)).not.toBeNull();
  });

  it('with a name, a hash and perhaps a signature is well formed', () => {
    expect(malformedApproval({ by: 'dba-2', hash })).toBeNull();
    expect(malformedApproval(approval('dba-2'))).toBeNull();
  });
});

describe('approvers', () => {
  it('are those of the role with a key, and not the requester', () => {
    const people = [...ballot().people, { name: 'keyless-1', roles: ['approver'], sshKeys: [] }];
    expect(approversOf(ballot({ people }))).toEqual(['dba-2', 'dba-3']);
    const rule = { ...ballot().rule, signatures: 'named' as const };
    expect(approversOf(ballot({ people, rule }))).toEqual(['dba-2', 'dba-3', 'keyless-1']);
  });
});

describe('a cancellation', () => {
  it('is open to anyone of the policy until the deletion has begun', () => {
    for (const phase of [
      'examining',
      'waiting for approvals',
      'waiting out the delay',
      'checking again',
    ] as const)
      expect(whyNotCancel(ballot({ phase }), { by: 'intern-1', reason: 'wrong one' })).toBeNull();
  });

  it('is not followed from a stranger, nor once it is too late', () => {
    expect(whyNotCancel(ballot(), { by: 'mallory', reason: 'x' })).toContain('knows no mallory');
    expect(whyNotCancel(ballot({ phase: 'deleting' }), { by: 'dba-2', reason: 'x' })).toContain('too late');
  });

  it('wants a name and a reason in one line', () => {
    expect(malformedCancellation({ by: 'dba-2' })).toContain('why');
    expect(malformedCancellation({ by: 'dba-2', reason: ' ' })).toContain('reason');
    expect(malformedCancellation({ by: 'dba-2', reason: 'a\nb' })).toContain('one line');
    expect(malformedCancellation({ by: 'dba-2', reason: 'the wrong one' })).toBeNull();
  });
});
