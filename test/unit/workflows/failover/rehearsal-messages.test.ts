import { describe, expect, it } from '@jest/globals';
import type { FailoverInput } from '../../../../workflows/contract-failover.ts';
import type { FailoverMessageName, FailoverSaid } from '../../../../workflows/contract-failover-messages.ts';
import { follow } from '../../../../workflows/failover/follow.ts';
import { malformed } from '../../../../workflows/failover/forms.ts';
import { weighed } from '../../../../workflows/failover/judging.ts';
import { openingState, type RunState } from '../../../../workflows/failover/state.ts';
import { command, failoverInput, runbook } from '../../../support/runbooks.ts';

const at = '2026-11-21T10:00:00.000Z';
const runId = '01234567-89ab-7def-8123-456789abcdef';
const book = runbook([command('deploy', ['true'])]);
const owned = { owner: 'ops-1', expect: ['It answers', 'Nobody is called'], inject: [] };
const rehearsal = failoverInput(book, { mode: 'drill', drill: { ...owned, verdict: 3600 } });

const opened = (input: FailoverInput, phase: RunState['shown']['phase'] = 'running'): RunState => {
  const state = openingState(input, { workflowId: 'drill/x', runId, declaredAt: at });
  return { ...state, shown: { ...state.shown, phase } };
};

function told<Name extends FailoverMessageName>(
  name: Name,
  message: FailoverSaid[Name],
  input = rehearsal,
  state = opened(input),
): { state: RunState; sentence: string } {
  const followed = follow(input, state, name, message, { key: null }, at);
  return 'refusal' in followed ? { state, sentence: followed.refusal } : followed;
}

describe('what came out of a rehearsal', () => {
  const outcome = { by: 'ops-1', expectation: '2', came: 'no', remark: 'the pager rang' };

  it('is said by its owner, and what was said last counts', () => {
    const { state, sentence } = told('outcome', outcome);
    expect(sentence).toBe('ops-1 says that this did not come out: Nobody is called (the pager rang)');
    expect(state.shown.expectations).toEqual([
      { text: 'It answers', came: null, by: null, at: null, remark: null },
      { text: 'Nobody is called', came: 'no', by: 'ops-1', at, remark: 'the pager rang' },
    ]);
    const again = told('outcome', { by: 'ops-1', expectation: '2', came: 'yes' }, rehearsal, state);
    expect(again.state.shown.expectations?.[1]).toMatchObject({ came: 'yes', remark: null });
  });

  it('is an exception where it did not, or where nobody said', () => {
    expect(weighed(told('outcome', outcome).state).shown.exceptions).toEqual([
      'Nobody said whether this came out, which was expected: It answers',
      'Expected, and it did not come out: Nobody is called',
    ]);
    const all = ['1', '2'].reduce(
      (state, expectation) =>
        told('outcome', { by: 'ops-1', expectation, came: 'yes' }, rehearsal, state).state,
      opened(rehearsal),
    );
    expect(weighed(all).shown.exceptions).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['by another', told('outcome', { ...outcome, by: 'commander-1' }).sentence, 'ops-1 owns this drill'],
    ['of nothing', told('outcome', { ...outcome, expectation: '3' }).sentence, 'numbered from 1 to 2'],
    [
      'with another word',
      told('outcome', { ...outcome, came: 'perhaps' }).sentence,
      'Say yes when it came out',
    ],
    ['in a real run', told('outcome', outcome, failoverInput(book)).sentence, 'Nothing was written down'],
  ])('is refused %s', (_what, sentence, expected) => {
    expect(sentence).toContain(expected);
  });

  it('is all that is heard once everything is done', () => {
    const over = opened(rehearsal, 'judging');
    expect(told('outcome', outcome, rehearsal, over).sentence).toContain('did not come out');
    expect(told('note', { by: 'ops-2', text: 'well done' }, rehearsal, over).sentence).toContain('well done');
    const abort = { by: 'commander-1', reason: 'x' };
    expect(told('abort', abort, rehearsal, over).sentence).toBe(
      'It is too late: everything is done, and ops-1 says what came out.',
    );
  });

  it('is not asked for in runs of before', () => {
    expect(opened(failoverInput(book, { mode: 'drill', drill: owned })).shown).not.toHaveProperty(
      'expectations',
    );
  });
});

describe('a note', () => {
  const note = { by: 'ops-2', text: 'lower the TTL' };

  it('with an owner and a day is a follow-up, which has a name', () => {
    const first = told('note', { ...note, owner: 'ops-1', due: '2026-12-01' });
    const second = told('note', { ...note, owner: 'dba-1', due: '2026-12-02' }, rehearsal, first.state);
    expect(second.state.shown.followUps).toEqual([
      {
        id: 'abcdef-1',
        text: 'lower the TTL',
        owner: 'ops-1',
        due: '2026-12-01',
        notedAt: at,
        notedBy: 'ops-2',
      },
      {
        id: 'abcdef-2',
        text: 'lower the TTL',
        owner: 'dba-1',
        due: '2026-12-02',
        notedAt: at,
        notedBy: 'ops-2',
      },
    ]);
    expect(told('note', note).state.shown).not.toHaveProperty('followUps');
  });

  it.each<[string, Partial<FailoverSaid['note']>, string]>([
    ['an owner alone', { owner: 'ops-1' }, 'give both, or neither'],
    ['a day alone', { due: '2026-12-01' }, 'give both, or neither'],
    ['an owner who is nobody', { owner: 'eve', due: '2026-12-01' }, 'The policy knows no eve'],
    ['a day that is none', { owner: 'ops-1', due: 'Friday' }, 'Friday is no day'],
  ])('is refused with %s', (_what, more, expected) => {
    expect(told('note', { ...note, ...more }).sentence).toContain(expected);
  });

  it('has a form', () => {
    expect(malformed('note', { ...note, owner: 'ops-1', due: '2026-12-01' })).toBeNull();
    expect(malformed('note', { ...note, owner: 7 })).toContain('Give a owner');
    expect(malformed('outcome', { by: 'ops-1', expectation: '1' })).toContain('Give a yes or no');
  });
});
