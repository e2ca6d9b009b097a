import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { partOf } from '../../../policy/failover/part.ts';
import type { ResolvedRunbook } from '../../../policy/resolved-failover.ts';
import { graphs } from '../../support/runbook-graphs.ts';
import { command, runbook } from '../../support/runbooks.ts';

const bookOf = (graph: { id: string; needs: string[] }[]): ResolvedRunbook =>
  runbook(graph.map(({ id, needs }) => command(id, ['true'], { needs })));

/** Every step that comes before one, however far. */
function before(book: Pick<ResolvedRunbook, 'steps'>, id: string): Set<string> {
  const needs = book.steps.find((step) => step.id === id)?.needs ?? [];
  return new Set(needs.flatMap((need) => [need, ...before(book, need)]));
}

it('keeps the order of the steps that a drill rehearses, whatever lies between them', () => {
  fc.assert(
    fc.property(graphs(12), fc.infiniteStream(fc.boolean()), (graph, choose) => {
      const book = bookOf(graph);
      const kept = graph.flatMap(({ id }) => (choose.next().value === true ? [id] : []));
      const part = partOf(book, kept);
      expect(part.steps.map(({ id }) => id)).toEqual(kept);
      for (const id of kept)
        expect(before(part, id)).toEqual(
          new Set([...before(book, id)].filter((each) => kept.includes(each))),
        );
    }),
  );
});

it('has a version of its own: who rehearsed a part has not rehearsed the whole', () => {
  const book = bookOf([
    { id: 'a', needs: [] },
    { id: 'b', needs: ['a'] },
  ]);
  expect(partOf(book, ['b']).version).not.toBe(book.version);
  expect(partOf(book, ['b']).version).toBe(partOf({ ...book, policyHash: 'c'.repeat(64) }, ['b']).version);
});
