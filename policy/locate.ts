import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { DataPath } from './problem.ts';

export type LineAndColumn = { line: number; column: number };

export function placeAt(lines: LineCounter, offset: number): LineAndColumn {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/**
 * Makes the function that finds a data path in the YAML text. A value that is not there is placed at the key of what
 * should hold it.
 */
export function locator(
  document: Document.Parsed,
  lines: LineCounter,
): (path: DataPath, at: 'key' | 'value') => LineAndColumn {
  const pairs = pairFinder();
  return (path, at) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const [depth, step] of path.entries()) {
      const holder = isAlias(node) ? node.resolve(document) : node;
      let key: unknown;
      if (isMap(holder)) {
        const pair = pairs(holder, String(step));
        key = pair?.key;
        node = pair?.value;
      } else if (isSeq(holder)) {
        key = node = holder.items[Number(step)];
      } else break;
      if (key === undefined) break;
      const keyStart = startOf(key) ?? offset;
      const wantsValue = depth < path.length - 1 || at === 'value';
      offset =
        wantsValue && isWritten(node) && depth === path.length - 1 ? (startOf(node) ?? keyStart) : keyStart;
    }
    return placeAt(lines, offset);
  };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Whether a value has text of its own: block mappings and absent values are better shown at their key. */
function isWritten(node: unknown): boolean {
  if (isMap(node) || isSeq(node)) return node.flow === true;
  return isAlias(node) || (isScalar(node) && node.source !== '');
}

/** Finds a mapping's pair by key; indexed, because thousands of lookups go into one mapping of plans. */
function pairFinder(): (map: YAMLMap, key: string) => Pair | undefined {
  const indexes = new WeakMap<YAMLMap, Map<string, Pair>>();
  return (map, key) => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map();
      for (const pair of map.items) index.set(isScalar(pair.key) ? String(pair.key.value) : '', pair);
      indexes.set(map, index);
    }
    return index.get(key);
  };
}
