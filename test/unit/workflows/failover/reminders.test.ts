import { expect, it } from '@jest/globals';
import { secondsToReminder } from '../../../../workflows/failover/reminders.ts';

const pauses = (remind: number, count: number): number[] =>
  Array.from({ length: count }, (_, reminded) => secondsToReminder({ remind }, reminded));

it('come in the interval of the step for a while, and then ever less often', () => {
  expect(pauses(300, 20)).toEqual([
    ...Array.from({ length: 12 }, () => 300),
    ...[600, 1200, 2400, 4800, 9600, 19_200, 21_600, 21_600],
  ]);
});

it('are never more often than each minute, nor sooner than the step says', () => {
  expect(pauses(1, 1)).toEqual([60]);
  expect(new Set(pauses(86_400, 40))).toEqual(new Set([86_400]));
});
