import { describe, expect, it } from '@jest/globals';
import type { FailoverInput } from '../../../../workflows/contract-failover.ts';
import type { FailoverMessageName, FailoverSaid } from '../../../../workflows/contract-failover-messages.ts';
import { follow } from '../../../../workflows/failover/follow.ts';
import { malformed } from '../../../../workflows/failover/forms.ts';
import { whyNot } from '../../../../workflows/failover/messages.ts';
import {
  ask,
  begin,
  fail,
  openingState,
  type RunState,
  stepIn,
  withStep,
} from '../../../../workflows/failover/state.ts';
import { failoverInput, runbook, step } from '../../../support/runbooks.ts';

const at = '2026-11-21T10:00:00.000Z';
const hash = 'c'.repeat(64);
const look = {
  findings: [],
  facts: [],
  choices: [{ id: 'standby', sentence: '', rtoSeconds: 1, rpoSeconds: 1 }],
};
const target = {
  kind: 'postgres' as const,
  name: 'primary',
  zone: 'ams',
  host: 'db',
  port: 5432,
  user: 'x',
  database: 'shop',
  ssl: { mode: 'prefer' as const },
};
const book = runbook([
  step('promote', { do: 'postgres.promote', target }, { approve: true, role: 'ops' }),
  step('fence', { do: 'postgres.fence', target }),
  step('cdn', { do: 'manual' }),
  step('halt', { do: 'approve' }, { role: 'ops', approvals: 2 }),
]);

const opened = (input: FailoverInput): RunState => {
  const state = openingState(input, { workflowId: 'failover/x', runId: 'r', declaredAt: at });
  return { ...state, shown: { ...state.shown, phase: 'running' } };
};
const asked = (state: RunState, id: string, kind: 'approval' | 'deed' | 'choice') =>
  ask(begin(state, id, at), id, at, { kind, sentence: 'go on?', bound: { look, text: 'text', hash } });
const failed = (state: RunState, id: string) => fail(begin(state, id, at), id, at, 'it is broken');

function said<Name extends FailoverMessageName>(
  state: RunState,
  name: Name,
  message: FailoverSaid[Name],
  input = failoverInput(book),
): string {
  const result = follow(input, state, name, message, { key: null }, at);
  return 'refusal' in result ? result.refusal : 'followed';
}

describe('an approval', () => {
  const input = failoverInput(book);
  const state = asked(opened(input), 'promote', 'approval');
  const approval = { by: 'ops-1', step: 'promote', hash };

  it('of the role for the facts that are shown lets the step go on', () => {
    const result = follow(input, state, 'approve', approval, { key: 'SHA256:x' }, at);
    if ('refusal' in result) throw new Error(result.refusal);
    expect(stepIn(result.state, 'promote')).toMatchObject({
      state: 'running',
      waitsFor: null,
      approvals: [{ by: 'ops-1', at, key: 'SHA256:x' }],
    });
    expect(result.state.answers.promote).toEqual({ kind: 'approved' });
    expect(said(result.state, 'approve', approval)).toContain('does not wait for an approval');
  });

  it.each([
    ['of a stranger', { by: 'mallory' }, 'knows no mallory'],
    ['of who declared the run', { by: 'commander-1' }, 'declared the run'],
    ['without the role', { by: 'dba-1' }, 'has not the role ops'],
    ['of other facts', { hash: 'd'.repeat(64) }, 'approved other facts'],
    ['of a step that does not wait', { step: 'fence' }, 'does not wait'],
    ['of a step that is not there', { step: 'none' }, 'no step none'],
  ])('%s is refused', (_, changes, sentence) => {
    expect(said(state, 'approve', { ...approval, ...changes })).toContain(sentence);
  });

  it('without a signature is refused where signatures are wanted', () => {
    const signed = failoverInput(runbook(book.steps, { signatures: { real: 'signed', drill: 'named' } }));
    const waiting = asked(opened(signed), 'promote', 'approval');
    expect(whyNot(signed, waiting, 'approve', approval)).toContain('is not signed');
    expect(whyNot(signed, waiting, 'approve', { ...approval, signature: 'x' })).toBeNull();
    expect(whyNot(signed, waiting, 'reject', { by: 'ops-1', step: 'promote', reason: 'x' })).toBeNull();
  });

  it('whose signature does not hold is refused', () => {
    expect(follow(input, state, 'approve', approval, { refusal: 'bad' }, at)).toEqual({ refusal: 'bad' });
  });

  it('by a key that approved in the name of another is refused', () => {
    const two = runbook([...book.steps, step('second', { do: 'approve' })]);
    const other = failoverInput(two);
    const first = follow(
      other,
      asked(opened(other), 'promote', 'approval'),
      'approve',
      approval,
      { key: 'k' },
      at,
    );
    if ('refusal' in first) throw new Error(first.refusal);
    const waiting = asked(first.state, 'second', 'approval');
    const second = follow(other, waiting, 'approve', { by: 'ops-2', step: 'second', hash }, { key: 'k' }, at);
    expect(second).toEqual({ refusal: expect.stringContaining('in the name of ops-1') });
  });

  it('of somebody whom a drill lets be absent is refused', () => {
    const drill = failoverInput(book, {
      mode: 'drill',
      drill: { owner: 'commander-2', expect: [], inject: [{ person: 'ops-1', what: 'absent' }] },
    });
    expect(said(asked(opened(drill), 'promote', 'approval'), 'approve', approval, drill)).toContain(
      'does not answer',
    );
  });

  it('that a gate waits for is skipped in a real run by who leads alone', () => {
    const skip = { step: 'halt', reason: 'nobody of operations answers' };
    const gate = (given: FailoverInput) => asked(opened(given), 'halt', 'approval');
    const real = failoverInput(book, { person: 'ops-2' });
    expect(said(gate(real), 'skip', { by: 'ops-1', ...skip }, real)).toContain('incident-commander');
    expect(said(gate(real), 'skip', { by: 'commander-2', ...skip }, real)).toBe('followed');
    const drill = failoverInput(book, { person: 'ops-2', mode: 'drill' });
    expect(said(gate(drill), 'skip', { by: 'ops-1', ...skip }, drill)).toBe('followed');
  });

  it('is a choice where there is one to make, of an option that is there', () => {
    const choosing = asked(opened(input), 'promote', 'choice');
    expect(said(choosing, 'choose', { ...approval, option: 'none' })).toContain('There is no choice none');
    expect(said(choosing, 'choose', { ...approval, by: 'commander-1', option: 'standby' })).toContain(
      'declared',
    );
    expect(said(choosing, 'choose', { ...approval, option: 'standby' })).toBe('followed');
    expect(said(choosing, 'approve', approval)).toContain('does not wait for an approval');
  });
});

describe('a step that failed', () => {
  const input = failoverInput(book, { person: 'ops-1' });
  const state = failed(failed(opened(input), 'fence'), 'cdn');

  it.each([
    ['tried again by its role', 'retry', { by: 'ops-1', step: 'cdn' }, 'followed'],
    ['tried again by who leads', 'retry', { by: 'commander-1', step: 'cdn' }, 'followed'],
    ['tried again by a stranger to it', 'retry', { by: 'dba-1', step: 'cdn' }, 'has not the role ops'],
    ['skipped by who declared the run', 'skip', { by: 'ops-1', step: 'cdn', reason: 'x' }, 'declared'],
    ['skipped by another', 'skip', { by: 'ops-2', step: 'cdn', reason: 'x' }, 'followed'],
    ['a fence skipped', 'skip', { by: 'ops-2', step: 'fence', reason: 'x' }, 'is not skipped'],
    ['taken as done by who declared', 'complete', { by: 'ops-1', step: 'cdn', evidence: 'x' }, 'declared'],
    ['taken as done by another', 'complete', { by: 'ops-2', step: 'cdn', evidence: 'x' }, 'followed'],
    [
      'a fence on the word of its role',
      'complete',
      { by: 'ops-2', step: 'fence', evidence: 'x' },
      'incident-commander',
    ],
    [
      'a fence on the word of who leads',
      'complete',
      { by: 'commander-1', step: 'fence', evidence: 'x' },
      'followed',
    ],
  ] as const)('%s', (_, name, message, expected) => {
    expect(said(state, name, message, input)).toContain(expected);
  });

  it('that is skipped or taken as done is an exception, and met', () => {
    const result = follow(
      input,
      state,
      'skip',
      { by: 'ops-2', step: 'cdn', reason: 'no CDN' },
      { key: null },
      at,
    );
    if ('refusal' in result) throw new Error(result.refusal);
    expect(stepIn(result.state, 'cdn')).toMatchObject({ state: 'skipped', endedAt: at });
    expect(result.state.shown.exceptions).toEqual(['ops-2 skipped cdn: no CDN']);
  });
});

describe('a deed', () => {
  const state = asked(opened(failoverInput(book)), 'cdn', 'deed');

  it('passes with what shows it', () => {
    const done = { by: 'ops-1', step: 'cdn', evidence: 'ticket 4711' };
    const result = follow(failoverInput(book), state, 'complete', done, { key: null }, at);
    if ('refusal' in result) throw new Error(result.refusal);
    expect(stepIn(result.state, 'cdn')).toMatchObject({ state: 'passed' });
    expect(result.state.shown.exceptions).toEqual([]);
  });
});

describe('who leads', () => {
  const input = failoverInput(book);
  const state = opened(input);

  it('is who declared the run where they have the role', () => {
    expect(state.shown.commander).toBe('commander-1');
    expect(opened(failoverInput(book, { person: 'ops-1' })).shown.commander).toBeNull();
  });

  it('alone stops it and goes on without the lost side, until another takes over', () => {
    expect(said(state, 'abort', { by: 'commander-2', reason: 'x' })).toContain('take over first');
    const taken = follow(
      input,
      state,
      'take-over',
      { by: 'commander-2', reason: 'on a plane' },
      { key: null },
      at,
    );
    if ('refusal' in taken) throw new Error(taken.refusal);
    expect(taken.state.shown.commander).toBe('commander-2');
    expect(said(taken.state, 'abort', { by: 'commander-1', reason: 'x' })).toContain('take over first');
    expect(said(taken.state, 'degrade', { by: 'commander-2', reason: 'x' })).toBe('followed');
    expect(said(taken.state, 'abort', { by: 'commander-2', reason: 'x' })).toBe('followed');
    expect(said(state, 'take-over', { by: 'ops-1', reason: 'x' })).toContain('has not the role');
  });

  it('makes it too late for everything but notes', () => {
    const stopped = follow(input, state, 'abort', { by: 'commander-1', reason: 'x' }, { key: null }, at);
    if ('refusal' in stopped) throw new Error(stopped.refusal);
    expect(said(stopped.state, 'abort', { by: 'commander-1', reason: 'x' })).toContain('too late');
    expect(said(stopped.state, 'note', { by: 'intern-1', text: 'x' })).toBe('followed');
  });
});

describe('a run whose steps are all over', () => {
  const input = failoverInput(book);
  const over = opened(input).shown.steps.reduce(
    (state, { id }) => withStep(state, id, { state: 'passed' }),
    opened(input),
  );
  const closing = { ...over, shown: { ...over.shown, closing: true as const } };

  it('is not stopped any more, nor goes on without the lost side', () => {
    for (const name of ['abort', 'degrade'] as const)
      expect(said(over, name, { by: 'commander-1', reason: 'it takes long' })).toBe(
        'It is too late: every step of the run is over.',
      );
    const left = withStep(over, 'cdn', { state: 'pending' });
    expect(said(left, 'abort', { by: 'commander-1', reason: 'x' })).toBe('followed');
  });

  it('takes notes until its report is written', () => {
    const note = { by: 'intern-1', text: 'x' };
    expect(said(over, 'note', note)).toBe('followed');
    expect(said(closing, 'note', note)).toBe('It is too late: the run has ended.');
  });
});

describe('a pause that somebody ends', () => {
  const paused = runbook([step('settle', { do: 'wait', seconds: 600 })]);
  const ended = (input: FailoverInput) => {
    const done = { by: 'ops-1', step: 'settle', evidence: 'the name servers agree' };
    const result = follow(input, asked(opened(input), 'settle', 'deed'), 'complete', done, { key: null }, at);
    if ('refusal' in result) throw new Error(result.refusal);
    return result.state.shown;
  };

  it('was not waited for, which is an exception', () => {
    expect(ended(failoverInput(paused))).toMatchObject({
      steps: [{ state: 'passed-with-exceptions' }],
      exceptions: ['ops-1 let settle end before its time: the name servers agree'],
    });
    expect(ended(failoverInput(paused, { mode: 'tabletop' }))).toMatchObject({
      steps: [{ state: 'passed' }],
      exceptions: [],
    });
  });
});

describe('the form of a message', () => {
  it.each([
    ['approve', null, '"hash"'],
    ['approve', { by: 'ops-1', step: 'promote', hash: 'short' }, 'SHA-256'],
    ['skip', { by: 'ops-1', step: 'cdn' }, 'Give a reason'],
    ['skip', { by: 'ops-1', step: 'cdn', reason: 'two\nlines' }, 'one line'],
    ['note', { by: 'ops-1', text: 'x', step: 7 }, 'Give a step'],
    ['abort', { by: 'ops-1', reason: 'x', signature: 7 }, 'ssh-keygen'],
  ] as const)('of %s: %j', (name, sent, sentence) => {
    expect(malformed(name, sent)).toContain(sentence);
  });

  it('is right', () => {
    expect(malformed('note', { by: 'ops-1', text: 'x' })).toBeNull();
    expect(malformed('choose', { by: 'x', step: 's', hash, option: 'o', signature: 's' })).toBeNull();
  });
});
