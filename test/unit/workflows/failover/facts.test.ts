import { describe, expect, it } from '@jest/globals';
import type { LastCheck } from '../../../../workflows/contract-failover.ts';
import { type Fact, knownFacts, type StepLook } from '../../../../workflows/contract-failover-steps.ts';
import { checkOf, failoverMarkdown as details } from '../../../../workflows/failover/details.ts';
import { measuredRpo, measuredRto, whyAskAgain } from '../../../../workflows/failover/facts.ts';
import { ask, begin, openingState, pass, withStep } from '../../../../workflows/failover/state.ts';
import { command, failoverInput, runbook, step } from '../../../support/runbooks.ts';

const lag = (seconds: number): Fact => ({
  name: knownFacts.lagSeconds,
  value: `${seconds}s`,
  number: seconds,
});
const look = (facts: Fact[], changes: Partial<StepLook> = {}): StepLook => ({
  findings: [],
  facts,
  choices: [],
  ...changes,
});
const at = (second: number) => new Date(Date.parse('2026-11-21T10:00:00Z') + second * 1000).toISOString();
const opened = (
  book = runbook([command('promote', ['true']), command('back', ['true'], { phase: 'return' })]),
) => openingState(failoverInput(book), { workflowId: 'failover/x', runId: 'r', declaredAt: at(0) });

describe('what was approved covers', () => {
  it.each([
    ['the same', [lag(1)], [lag(1)], 3600, null],
    ['more, within what the tier allows', [lag(1)], [lag(3599)], 3600, null],
    ['less than what was beyond it', [lag(7200)], [lag(7000)], 3600, null],
    ['not what grew beyond it', [lag(1)], [lag(3601)], 3600, 'has grown'],
    ['not what was beyond it and grew', [lag(7200)], [lag(7300)], 3600, 'has grown'],
    ['without a tier, a minute more', [lag(1)], [lag(61)], null, null],
    ['without a tier, not more than a minute', [lag(1)], [lag(62)], null, 'has grown'],
    ['not what nobody knows any more', [lag(1)], [], 3600, 'is not known now'],
  ])('%s', (_, before, now, rpo, sentence) => {
    const why = whyAskAgain(look(before), look(now), rpo);
    if (sentence === null) expect(why).toBeNull();
    else expect(why).toContain(sentence);
  });

  it('nothing once there is a fault, or a choice is gone', () => {
    const fault = { step: 'promote', outcome: 'fault' as const, sentence: 'The standby is gone.' };
    expect(whyAskAgain(look([]), look([], { findings: [fault] }), null)).toBe('The standby is gone.');
    const choice = { id: 'standby', sentence: '', rtoSeconds: null, rpoSeconds: null };
    expect(whyAskAgain(look([], { choices: [choice] }), look([]), null)).toContain('standby');
  });
});

it('covers no backup that is older than the one that was approved', () => {
  const begun = (value: string) => look([{ name: knownFacts.begun, value }]);
  expect(whyAskAgain(begun(at(0)), begun(at(60)), 3600)).toBeNull();
  expect(whyAskAgain(begun(at(60)), begun(at(0)), 3600)).toBe(
    `The newest proven backup was of ${at(60)} when it was approved, and is of ${at(0)} now.`,
  );
});

describe('the clock', () => {
  const passed = (results: Fact[], end = 90) =>
    pass(begin(opened(), 'promote', at(1)), 'promote', at(end), { exceptions: [], results, sentence: '' });

  it('ends with the last step before the return to normal', () => {
    expect(measuredRto(passed([]).shown)).toBe(90);
    expect(measuredRto(opened().shown)).toBeNull();
    const undone = withStep(passed([]), 'promote', { state: 'undone' });
    expect(measuredRto(undone.shown)).toBeNull();
  });

  it('measures what was lost by the lag, else by the newest data, and never below nothing', () => {
    const rpo = (...results: Fact[]) => measuredRpo(passed(results).shown.steps, at(0));
    expect(rpo()).toBeNull();
    expect(rpo({ name: knownFacts.newestData, value: at(-30) })).toBe(30);
    expect(rpo({ name: knownFacts.newestData, value: at(5) })).toBe(0);
    expect(rpo({ name: knownFacts.newestData, value: at(-30) }, lag(2))).toBe(2);
    expect(rpo({ name: knownFacts.newestData, value: 'unknown' })).toBeNull();
  });
});

describe('the last check', () => {
  const { version } = opened().shown;
  const check = (changes: Partial<LastCheck>): LastCheck => ({
    at: at(-7200),
    version,
    result: 'passed',
    faults: [],
    ...changes,
  });
  it.each([
    ['nobody knows of', null, 'Never checked, as far as is known'],
    ['of this version', check({}), 'Checked 2h before it was declared: passed'],
    [
      'of another version',
      check({ version: 'other' }),
      'Checked 2h before it was declared, in another version',
    ],
    [
      'that found faults',
      check({ result: 'failed', faults: ['promote'] }),
      'Checked 2h before it was declared: failed, because of promote',
    ],
  ])('%s is told with its age', (_, lastCheck, sentence) => {
    expect(checkOf({ ...opened().shown, lastCheck })).toBe(sentence);
    expect(details({ ...opened().shown, lastCheck }, Date.parse(at(0)))).toContain(sentence);
  });
});

describe('the current details', () => {
  it('show the question with the form of its answer before a table of 200 steps is cut', () => {
    const steps = Array.from({ length: 200 }, (_, index) =>
      step(`step-${index}`, { do: 'approve' }, { say: 'a | b\n'.repeat(20) }),
    );
    const begun = begin(opened(runbook(steps)), 'step-199', at(1));
    const bound = { look: look([lag(2)]), text: 'text', hash: 'c'.repeat(64) };
    const asked = ask(begun, 'step-199', at(1), { kind: 'approval', sentence: 'Go on?', bound });
    const text = details(asked.shown, Date.parse(at(60)));
    expect(text.length).toBeLessThanOrEqual(18_000);
    expect(text).toContain('**step-199** waits for ops');
    expect(text).toContain(`{"by": "NAME", "step": "step-199", "hash": "${'c'.repeat(64)}"}`);
    expect(text).toContain('replication lag: **2s**');
    expect(text).toContain('RTO 1m of 1h');
  });
});
