import { describe, expect, it } from '@jest/globals';
import type { EarlierRun } from '../../../../workflows/contract-failover.ts';
import { knownFacts } from '../../../../workflows/contract-failover-steps.ts';
import { predictRun } from '../../../../workflows/failover/prediction.ts';
import { command, runbook } from '../../../support/runbooks.ts';

const now = '2026-11-21T12:00:00.000Z';
const book = runbook([command('fence', ['true']), command('promote', ['true'], { needs: ['fence'] })]);

const ran = (day: number, changes: Partial<EarlierRun> = {}): EarlierRun => ({
  workflowId: 'drill/shop',
  mode: 'drill',
  version: book.version,
  at: `2026-11-${String(day).padStart(2, '0')}T09:00:00.000Z`,
  result: 'passed',
  rto: 60,
  steps: { fence: 10, promote: 5 },
  ...changes,
});
const predicted = (earlier: EarlierRun[]) => predictRun(book, { earlier, looks: [] }, now);

describe('what a run would take', () => {
  it('is by the newest run of this very version that was no tabletop', () => {
    const others = [
      ran(9, { mode: 'tabletop', steps: { fence: 900, promote: 900 } }),
      ran(8, { version: 'b'.repeat(64), steps: { fence: 800, promote: 800 } }),
    ];
    expect(predicted([...others, ran(7), ran(6, { steps: { fence: 600, promote: 600 } })])).toMatchObject({
      rto: 15,
      from: [ran(7).at],
      unmeasured: [],
      simulated: [],
    });
    expect(predicted(others)).toMatchObject({ rto: null, unmeasured: ['fence', 'promote'], from: [] });
  });

  it('takes a step that was only simulated from an earlier run that did it, and names it where there is none', () => {
    const simulated = ran(9, { steps: { fence: 1, promote: 6 }, simulated: ['fence'] });
    expect(predicted([simulated, ran(7)])).toMatchObject({
      rto: 16,
      simulated: [],
      from: [ran(9).at, ran(7).at],
    });
    expect(predicted([simulated])).toMatchObject({ rto: 7, simulated: ['fence'] });
  });
});

describe('what a run would lose', () => {
  const facts = (seconds: number) => [
    { name: knownFacts.lagSeconds, value: '', number: seconds, unit: 'seconds' as const },
  ];
  const lost = (...seconds: number[]) =>
    predictRun(
      book,
      { earlier: [], looks: seconds.map((each) => ({ step: 'promote', facts: facts(each), choices: [] })) },
      now,
    ).rpo;

  it('is the worst of what is true now, and unknown where nothing tells', () => {
    expect(lost(2, 90)).toBe(90);
    expect(lost()).toBeNull();
  });
});
