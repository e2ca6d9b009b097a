/**
 * The bytes of plain data that is signed or hashed: JSON with keys in order at every depth, two spaces, one newline at
 * the end. Equal data gives equal bytes.
 */
export function canonicalJson(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(ordered(value), null, 2)}\n`);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}
