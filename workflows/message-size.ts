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
