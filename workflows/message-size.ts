/** Temporal takes 2 MiB for what an activity is told or answers; some of it is Temporal's own. */
const mostBytes = 2_000_000;

/** How many bytes plain data has as a message, where that is more than Temporal carries; else null. Pure. */
export function bytesBeyondMessage(data: unknown): number | null {
  const text = JSON.stringify(data) ?? '';
  // No character takes more than three bytes.
  if (text.length * 3 <= mostBytes) return null;
  const bytes = new TextEncoder().encode(text).length;
  return bytes > mostBytes ? bytes : null;
}

/** Characters of lists in a message, with room for all else that it carries. */
const mostOfList = 1_500_000;

/**
 * As many things of a list, from its beginning, as a message carries beside something else. Pure.
 *
 * @param beside what the same message carries as well
 */
export function carriedOf<T>(items: readonly T[], beside: unknown = null): T[] {
  let left = mostOfList - JSON.stringify(beside).length;
  const end = items.findIndex((item) => {
    left -= JSON.stringify(item).length + 1;
    return left < 0;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}

/** That not all of the newest reports could be told; nothing where they were. Pure. */
export const leftOut = (told: number, all: number): string[] =>
  told === all ? [] : [`The ${all - told} oldest of ${all} reports were left out: there are too many.`];
