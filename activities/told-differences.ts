import type { Difference } from '../sources/source.ts';
import type { RestoreAttempt } from '../workflows/contract-restore.ts';

/** Differences that are told one by one: all of a wrong database would be more than a message of Temporal carries. */
const most = 200;
const longest = 500;

/** What differs, as a result tells it: the first of them, each shortened, and how many more there are. Pure. */
export function toldDifferences(
  differences: readonly Difference[],
): Pick<RestoreAttempt, 'differences' | 'more'> {
  const told = differences.slice(0, most).map(({ what, expected, actual }) => ({
    what: shortened(what),
    expected: shortened(expected),
    actual: shortened(actual),
  }));
  const more = differences.length - told.length;
  return { differences: told, ...(more === 0 ? {} : { more }) };
}

const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);
