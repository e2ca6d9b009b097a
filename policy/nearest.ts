/** The least number of letters inserted, removed, replaced or swapped with their neighbour that makes `b` of `a`. */
export function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (twoBack[column - 2] ?? 0) + 1);
      current.push(best);
    }
    twoBack = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that a person most likely meant, or null when none is close: a third of the letters may differ. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > 200) return null;
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (Math.abs(word.length - candidate.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}

/** `did you mean "copies"?`, else the list of what there is, else null. Never repeats the word itself (law 7). */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  const known = [...candidates];
  const close = nearest(word, known);
  if (close !== null) return `did you mean "${close}"?`;
  if (known.length === 0) return null;
  const shown = known.slice(0, 12).join(', ');
  return `known here: ${shown}${known.length > 12 ? ' …' : ''}`;
}
