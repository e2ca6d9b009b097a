import { unfitPlaces } from './fitness.ts';
import type { Link, LinkTarget } from './links.ts';
import { lookUp } from './lookup.ts';
import { suggest } from './nearest.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import { unprovable } from './proving.ts';
import { unableToRecord } from './recording.ts';
import { wrongRefreshes } from './refreshing.ts';
import type { Salvage } from './salvage.ts';
import { namePattern } from './schema/common.ts';
import type { Policy } from './schema.ts';
import { untellable } from './telling.ts';

const nouns: Record<LinkTarget, string> = {
  zones: 'zone',
  people: 'person',
  signers: 'signer',
  keys: 'key',
  repositories: 'repository',
  retention: 'retention',
  tiers: 'tier',
  sources: 'source',
  plans: 'plan',
  scratchServers: 'scratch server',
  refreshes: 'refresh',
  targets: 'target',
  nameServers: 'name server',
  runbooks: 'runbook',
  disasters: 'disaster',
  services: 'service',
  channels: 'channel',
  messages: 'message',
};

/**
 * Every reference that leads nowhere, and what plans need together: a signing key, a signer, a passphrase. Pure.
 *
 * @param links The references as written, also those in entries whose form is wrong.
 */
export function faultyReferences(links: Link[], { sections, declared, settings }: Salvage): Fault[] {
  return [
    ...links.flatMap(({ path, name, section }) =>
      declared[section].includes(name) ? [] : [dangling(path, name, section, declared)],
    ),
    ...repeated(links),
    ...Object.entries(sections.plans).flatMap(([name, plan]) => missingPassphrase(name, plan, sections)),
    ...missingSigning({ sections, declared, settings }),
    ...unfitPlaces({ sections, declared, settings }),
    ...unableToRecord({ sections, declared, settings }),
    ...unprovable(sections),
    ...wrongRefreshes(sections),
    ...untellable({ sections, settings }),
  ];
}

function dangling(path: DataPath, name: string, section: LinkTarget, declared: Salvage['declared']): Fault {
  const hint =
    suggest(
      name,
      declared[section].filter((known) => namePattern.test(known)),
    ) ?? `define it under \`${section}\``;
  return faultAt(path, `no such ${nouns[section]}`, hint);
}

/** Names that stand twice in one list. */
function repeated(links: Link[]): Fault[] {
  const seen = new Set<string>();
  return links.flatMap(({ path, name, section }) => {
    if (typeof path.at(-1) !== 'number') return [];
    const place = JSON.stringify([...path.slice(0, -1), name]);
    if (seen.has(place)) return [faultAt(path, `this ${nouns[section]} is named twice`, 'name each once')];
    seen.add(place);
    return [];
  });
}

function missingPassphrase(
  name: string,
  plan: Policy['plans'][string],
  sections: Salvage['sections'],
): Fault[] {
  const key = lookUp(sections.keys, plan.key);
  const zone = lookUp(sections.sources, plan.source)?.zone;
  if (key === undefined || zone === undefined || 'gpg' in key) return [];
  if (lookUp(key.passphrase, zone) !== undefined) return [];
  return [
    faultAt(
      ['plans', name, 'key'],
      `this key has no passphrase for zone ${zone}, where the backups are made`,
      `add \`${zone}: { file: /absolute/path }\` to its \`passphrase\``,
    ),
  ];
}

/** A manifest counts only when it is signed, so a plan needs a key to sign with and somebody whose signature counts. */
function missingSigning({ sections, declared }: Salvage): Fault[] {
  if (declared.plans.length === 0) return [];
  const zones = new Set(
    Object.values(sections.plans).flatMap((plan) => lookUp(sections.sources, plan.source)?.zone ?? []),
  );
  const faults = [...zones].flatMap((name) => {
    const zone = lookUp(sections.zones, name);
    if (zone === undefined || zone.signingKey !== undefined) return [];
    return [
      faultAt(
        ['zones', name],
        'backups are made in this zone and it has no signingKey',
        `make one on its worker with \`${keygen(name)}\` and write \`signingKey: { file: /absolute/path }\``,
      ),
    ];
  });
  if (declared.signers.length > 0) return faults;
  return [
    ...faults,
    faultAt(
      ['signers'],
      "nobody's signature counts: there are no signers",
      `make a key with \`${keygen('worker')}\` and name its .pub file here, like \`worker: keys/worker.pub\``,
    ),
  ];
}

function keygen(name: string): string {
  return `ssh-keygen -t ed25519 -N '' -C holdfast-${name} -f holdfast-${name}`;
}
