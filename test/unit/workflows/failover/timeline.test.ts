import { describe, expect, it } from '@jest/globals';
import type { RunEvent } from '../../../../workflows/contract-failover.ts';
import { endOfOutput, isFull, withEntry } from '../../../../workflows/failover/timeline.ts';

const entry = (number: number, changes: Partial<RunEvent> = {}): RunEvent => ({
  at: '2026-11-21T01:00:00Z',
  by: null,
  step: null,
  sentence: `entry ${number}`,
  ...changes,
});

const entries = (count: number, changes: (number: number) => Partial<RunEvent> = () => ({})): RunEvent[] =>
  Array.from({ length: count }, (_, number) => entry(number, changes(number)));

describe('the timeline of a run', () => {
  it('takes 2,000 entries', () => {
    expect(withEntry(entries(1999), entry(1999))).toEqual(entries(2000));
  });

  it('gives up its oldest reminder for what is new', () => {
    const full = entries(2000, (number) => (number === 3 || number === 9 ? { reminds: true } : {}));
    const next = withEntry(full, entry(2000));
    expect(next).toHaveLength(2000);
    expect(next).toEqual([...full.slice(0, 3), ...full.slice(4), entry(2000)]);
  });

  it('gives up its beginning where it has no reminders, and says once that it did', () => {
    const next = withEntry(withEntry(entries(2000), entry(2000)), entry(2001));
    expect(next).toHaveLength(2000);
    expect(next[0]?.sentence).toMatch(/left out here: the history in Temporal has it/);
    expect(next.slice(1)).toEqual(entries(2002).slice(3));
  });

  it('is full of what people say, and never of what steps do', () => {
    expect(isFull(entries(1900))).toBe(false);
    expect(isFull(entries(499, () => ({ by: 'ops-1' })))).toBe(false);
    expect(isFull(entries(500, () => ({ by: 'ops-1' })))).toBe(true);
  });
});

describe('what a step printed', () => {
  it('is kept to its last 4,000 characters, and to fewer in a run of many steps', () => {
    const output = `${'x'.repeat(9000)}end`;
    expect(endOfOutput('short', 1)).toBe('short');
    expect(endOfOutput(output, 50)).toBe(`${'x'.repeat(3997)}end`);
    expect(endOfOutput(output, 200)).toBe(`${'x'.repeat(997)}end`);
    expect(endOfOutput(output, 500)).toHaveLength(400);
  });
});
