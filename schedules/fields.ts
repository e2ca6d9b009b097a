import { createHash } from 'node:crypto';

/** One field that differs; null where a side has none. */
export type FieldChange = { path: string; from: string | null; to: string | null };

/**
 * How two plain values differ, field by field. Lists whose members have names are compared by name, and their order
 * as one field of its own.
 */
export function fieldChanges(from: unknown, to: unknown, path = ''): FieldChange[] {
  if (isNamedList(from) && isNamedList(to)) {
    const order = fieldChanges(namesOf(from), namesOf(to), path);
    const moved = sameMembers(namesOf(from), namesOf(to)) ? order : [];
    return [...moved, ...recordChanges(byName(from), byName(to), path)];
  }
  if (isRecord(from) && isRecord(to)) return recordChanges(from, to, path);
  const [was, is] = [valueText(from), valueText(to)];
  return was === is ? [] : [{ path, from: was, to: is }];
}

function recordChanges(
  from: Record<string, unknown>,
  to: Record<string, unknown>,
  path: string,
): FieldChange[] {
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...keys].flatMap((key) => fieldChanges(from[key], to[key], path === '' ? key : `${path}.${key}`));
}

/** A value in a line: long text is shown by its size and hash. */
function valueText(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  if (text.length <= 100) return text;
  return `${text.length} characters, SHA-256 ${createHash('sha256').update(text).digest('hex').slice(0, 12)}…`;
}

type Named = { name: string };

function isNamedList(value: unknown): value is Named[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((member) => isRecord(member) && 'name' in member)
  );
}

function namesOf(list: Named[]): string[] {
  return list.map(({ name }) => name);
}

function byName(list: Named[]): Record<string, unknown> {
  return Object.fromEntries(list.map(({ name, ...rest }) => [name, rest]));
}

function sameMembers(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
