/** What an order is made of: a step and what must be done before it. */
export type Needing = { id: string; needs: readonly string[] };

/**
 * Steps in an order in which each comes after what it needs, and else as written; or the steps of one cycle, each needing
 * the next and the last one the first. A need that is no step counts as met. Pure.
 */
export function orderSteps<T extends Needing>(steps: readonly T[]): { order: T[] } | { cycle: string[] } {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const place = new Map(steps.map(({ id }, index) => [id, index]));
  const missing = new Map<string, number>();
  const waiting = new Map<string, string[]>();
  for (const { id, needs } of byId.values()) {
    const known = [...new Set(needs)].filter((need) => byId.has(need));
    missing.set(id, known.length);
    for (const need of known) waiting.set(need, [...(waiting.get(need) ?? []), id]);
  }
  const ready = new Set([...missing].flatMap(([id, count]) => (count === 0 ? [id] : [])));
  const order: T[] = [];
  while (ready.size > 0) {
    const [next = ''] = [...ready].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    ready.delete(next);
    missing.delete(next);
    order.push(...[byId.get(next)].flatMap((step) => step ?? []));
    for (const id of waiting.get(next) ?? []) {
      const left = (missing.get(id) ?? 0) - 1;
      missing.set(id, left);
      if (left === 0) ready.add(id);
    }
  }
  return missing.size === 0 ? { order } : { cycle: cycleAmong(missing, byId) };
}

/** Where every step needs another one of them, following needs comes round. */
function cycleAmong(left: ReadonlyMap<string, number>, byId: ReadonlyMap<string, Needing>): string[] {
  const trail: string[] = [];
  let [id] = left.keys();
  while (id !== undefined && !trail.includes(id)) {
    trail.push(id);
    id = byId.get(id)?.needs.find((need) => left.has(need));
  }
  return trail.slice(trail.indexOf(id ?? ''));
}

/** Every step that must be done before one, however many are between. */
export function allNeedsOf<T extends Needing>(step: T, byId: ReadonlyMap<string, T>): Set<string> {
  const found = new Set<string>();
  const left = [...step.needs];
  for (let need = left.pop(); need !== undefined; need = left.pop()) {
    if (found.has(need)) continue;
    found.add(need);
    left.push(...(byId.get(need)?.needs ?? []));
  }
  return found;
}
