import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../policy/units.ts';

/** Reads an option such as `2h` or `30m` into seconds. */
export function durationOption(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null) throw new InvalidArgumentError('Write a duration such as 90s, 30m, 2h or 7d.');
  return seconds;
}

/** Reads an option that is a whole number from 1. */
export function countOption(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('Write a whole number from 1.');
  return count;
}
