import { describe, expect, it } from '@jest/globals';
import { fitted } from '../../../workflows/alert-size.ts';
import { announce, mostOpen, observe } from '../../../workflows/alert-state.ts';
import { Clockwork, finding, hours, rulesWith } from '../../support/alerts.ts';

/** As bad as it gets: as many alerts as are kept, closings and announcements, and every channel away for hours. */
function full(sentence: string, channels: string[]): Clockwork {
  const clock = new Clockwork(rulesWith(channels, [{}]));
  for (const name of channels) clock.away.set(name, { permanent: false });
  for (const round of [1, 2]) {
    const findings = Array.from({ length: 2 * mostOpen }, (_, index) =>
      finding('no-backup', `plan-${round}-${index}`, { sentence }),
    );
    const at = new Date(clock.now).toISOString();
    clock.tell((memory, rules, now) => observe(memory, rules, { observer: 'health', at, findings }, now));
    clock.pass(hours);
  }
  for (let time = 0; time < 120; time += 1)
    clock.tell((memory, rules, now) =>
      announce(memory, rules, { at: String(time), severity: 'info', subject: 'x', sentence }, now),
    );
  return clock;
}

const bytesOf = (memory: unknown): number => Buffer.byteLength(JSON.stringify(memory));

describe('what one run hands to the next', () => {
  it.each([
    ['as it is', 'x'.repeat(2000), ['a', 'b', 'c']],
    ['cut, where it is in another script', '壊れた'.repeat(500), ['a', 'b', 'c']],
    [
      'cut, where many channels are away',
      '😀'.repeat(500),
      Array.from({ length: 5 }, (_, index) => `c${index}`),
    ],
  ])('fits, %s', (_, sentence, channels) => {
    const { memory } = full(sentence, channels);
    const kept = fitted(memory);
    expect(bytesOf(kept)).toBeLessThan(1_600_000);
    expect(kept.open).toHaveLength(mostOpen);
    expect(kept.open.map(({ subject }) => subject)).toEqual(memory.open.map(({ subject }) => subject));
  });

  it('is whole where it fits', () => {
    const clock = full('short', ['a']);
    expect(bytesOf(clock.memory)).toBeLessThan(1_600_000);
    expect(fitted(clock.memory)).toBe(clock.memory);
  });
});
