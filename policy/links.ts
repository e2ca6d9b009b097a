import type { DataPath } from './problem.ts';
import { namePattern } from './schema/common.ts';
import { secretWays } from './schema/secret.ts';
import type { SectionName } from './schema.ts';

/** A name, written somewhere in the policy, of something defined in a section. */
export type Link = { path: DataPath; name: string; section: SectionName };

/** Where references stand, step by step: `*` is every entry of a mapping or list, `@` the names of its entries. */
const places: { at: string[]; section: SectionName }[] = [
  { at: ['repositories', '*', 'zone'], section: 'zones' },
  { at: ['sources', '*', 'zone'], section: 'zones' },
  { at: ['sources', '*', 'tier'], section: 'tiers' },
  { at: ['keys', '*', 'gpg', 'opens', '@'], section: 'zones' },
  { at: ['keys', '*', 'passphrase', '@'], section: 'zones' },
  { at: ['plans', '*', 'source'], section: 'sources' },
  { at: ['plans', '*', 'key'], section: 'keys' },
  { at: ['plans', '*', 'retention'], section: 'retention' },
  { at: ['plans', '*', 'copies', '*'], section: 'repositories' },
];

/**
 * Every reference of a policy as written: an entry that is otherwise wrong has its references checked in the same run.
 * What can't be a name is left to the schema.
 */
export function linksOf(raw: unknown): Link[] {
  return places.flatMap(({ at, section }) =>
    follow(raw, at, []).flatMap(({ path, value }) =>
      typeof value === 'string' && isName(value) ? [{ path, name: value, section }] : [],
    ),
  );
}

/** `passphrase: { file: … }` lacks its zone, which the schema says better than `no such zone`. */
function isName(text: string): boolean {
  return namePattern.test(text) && !secretWays.includes(text);
}

type Found = { path: (string | number)[]; value: unknown };

function follow(value: unknown, steps: string[], path: (string | number)[]): Found[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  if (step === '@') return entries.map(([name]) => ({ path: [...path, name], value: name }));
  return entries.flatMap(([name, inner]) =>
    step === '*' || step === name ? follow(inner, rest, [...path, name]) : [],
  );
}
