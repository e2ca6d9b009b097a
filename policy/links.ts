import type { DataPath } from './problem.ts';
import { namePattern } from './schema/common.ts';
import { secretWays } from './schema/secret.ts';
import type { SectionName } from './schema.ts';

/** A name, written somewhere in the policy, of something defined in a section. */
export type Link = { path: DataPath; name: string; section: LinkTarget };

/** Where named things are defined: a section, the channels of `notifications`, or the messages of `communication`. */
export type LinkTarget = SectionName | 'channels' | 'messages';

/** Where references stand; how a way is read: `findAll`. */
const places: { at: string[]; section: LinkTarget }[] = [
  { at: ['repositories', '*', 'zone'], section: 'zones' },
  { at: ['sources', '*', 'zone'], section: 'zones' },
  { at: ['sources', '*', 'tier'], section: 'tiers' },
  { at: ['keys', '*', 'gpg', 'opens', '@'], section: 'zones' },
  { at: ['keys', '*', 'passphrase', '@'], section: 'zones' },
  { at: ['plans', '*', 'source'], section: 'sources' },
  { at: ['plans', '*', 'key'], section: 'keys' },
  { at: ['plans', '*', 'retention'], section: 'retention' },
  { at: ['plans', '*', 'copies', '*'], section: 'repositories' },
  { at: ['plans', '*', 'restoreTest', 'zone'], section: 'zones' },
  { at: ['plans', '*', 'restoreTest', 'from', '*'], section: 'repositories' },
  { at: ['plans', '*', 'restoreTest', 'server'], section: 'scratchServers' },
  { at: ['scratchServers', '*', 'zone'], section: 'zones' },
  { at: ['refreshes', '*', 'plan'], section: 'plans' },
  { at: ['refreshes', '*', 'server'], section: 'scratchServers' },
  { at: ['refreshes', '*', 'then'], section: 'plans' },
  { at: ['retention', '*', 'storage', '*', 'repository'], section: 'repositories' },
  { at: ['audit', 'repository'], section: 'repositories' },
  { at: ['checks', 'zone'], section: 'zones' },
  { at: ['notifications', 'routes', '*', 'to', '*'], section: 'channels' },
  { at: ['notifications', 'routes', '*', 'escalate', '*', 'to', '*'], section: 'channels' },
  { at: ['targets', '*', 'zone'], section: 'zones' },
  { at: ['targets', '*', 'cutOff', 'zone'], section: 'zones' },
  { at: ['nameServers', '*', 'zone'], section: 'zones' },
  { at: ['runbooks', '*', 'tier'], section: 'tiers' },
  { at: ['runbooks', '*', 'lost', '*'], section: 'zones' },
  { at: ['runbooks', '*', 'zone'], section: 'zones' },
  { at: ['runbooks', '*', 'protects', '*'], section: 'sources' },
  { at: ['runbooks', '*', 'drills', '*', 'owner'], section: 'people' },
  { at: ['runbooks', '*', 'drills', '*', 'inject', '*', 'absent'], section: 'people' },
  { at: ['runbooks', '*', 'steps', '*', 'in'], section: 'zones' },
  { at: ['runbooks', '*', 'steps', '*', 'plan'], section: 'plans' },
  { at: ['runbooks', '*', 'steps', '*', 'plans', '*'], section: 'plans' },
  { at: ['runbooks', '*', 'steps', '*', 'target'], section: 'targets' },
  { at: ['runbooks', '*', 'steps', '*', 'primary'], section: 'targets' },
  { at: ['runbooks', '*', 'steps', '*', 'standby'], section: 'targets' },
  { at: ['runbooks', '*', 'steps', '*', 'drill', 'target'], section: 'targets' },
  { at: ['runbooks', '*', 'steps', '*', 'drill', 'primary'], section: 'targets' },
  { at: ['runbooks', '*', 'steps', '*', 'server'], section: 'nameServers' },
  { at: ['runbooks', '*', 'steps', '*', 'drill', 'server'], section: 'nameServers' },
  { at: ['runbooks', '*', 'steps', '*', 'message'], section: 'messages' },
  { at: ['communication', 'drill'], section: 'channels' },
  { at: ['communication', 'messages', '*', 'channel'], section: 'channels' },
  { at: ['disasters', '*', 'runbook'], section: 'runbooks' },
  { at: ['services', '*', 'owner'], section: 'people' },
  { at: ['services', '*', 'contacts', '*'], section: 'people' },
  { at: ['services', '*', 'sources', '*'], section: 'sources' },
  { at: ['services', '*', 'plans', '*'], section: 'plans' },
  { at: ['services', '*', 'runbooks', '*'], section: 'runbooks' },
  // What is no name here is a storage class.
  { at: ['prices', 'perGiB', '@'], section: 'repositories' },
];

/**
 * Every reference of a policy as written: an entry that is otherwise wrong has its references checked in the same run.
 * What can't be a name is left to the schema.
 */
export function linksOf(raw: unknown): Link[] {
  return places.flatMap(({ at, section }) =>
    findAll(raw, at).flatMap(({ path, value }) =>
      typeof value === 'string' && isName(value) ? [{ path, name: value, section }] : [],
    ),
  );
}

/** `passphrase: { file: … }` lacks its zone, which the schema says better than `no such zone`. */
function isName(text: string): boolean {
  return namePattern.test(text) && !secretWays.includes(text);
}

/**
 * Every value of raw data that a way leads to: a step is a key, `*` for every entry, or, as the last one, `@` for the
 * names of the entries.
 */
export function findAll(
  raw: unknown,
  way: string[],
  path: (string | number)[] = [],
): { path: DataPath; value: unknown }[] {
  const [step, ...rest] = way;
  if (step === undefined) return [{ path, value: raw }];
  if (typeof raw !== 'object' || raw === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(raw) ? [...raw.entries()] : Object.entries(raw);
  if (step === '@') return entries.map(([name]) => ({ path: [...path, name], value: name }));
  return entries.flatMap(([name, inner]) =>
    step === '*' || step === name ? findAll(inner, rest, [...path, name]) : [],
  );
}
