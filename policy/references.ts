import { unfitPlaces } from './fitness.ts';
import type { Link } from './links.ts';
import { lookUp } from './lookup.ts';
import { suggest } from './nearest.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import { unableToRecord } from './recording.ts';
import type { Salvage } from './salvage.ts';
import { namePattern } from './schema/common.ts';
import type { Policy, SectionName } from './schema.ts';

const nouns: Record<SectionName, string> = {
  zones: 'zone',
  people: 'person',
  signers: 'signer',
  keys: 'key',
  repositories: 'repository',
  retention: 'retention',
  tiers: 'tier',
  sources: 'source',
  plans: 'plan',
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
    ...repeatedCopies(links),
    ...Object.entries(sections.plans).flatMap(([name, plan]) => missingPassphrase(name, plan, sections)),
    ...missingSigning({ sections, declared, settings }),
    ...unfitPlaces({ sections, declared, settings }),
    ...unableToRecord({ sections, declared, settings }),
  ];
}

function dangling(path: DataPath, name: string, section: SectionName, declared: Salvage['declared']): Fault {
  const hint =
    suggest(
      name,
      declared[section].filter((known) => namePattern.test(known)),
    ) ?? `define it under \`${section}\``;
  return faultAt(path, `no such ${nouns[section]}`, hint);
}

function repeatedCopies(links: Link[]): Fault[] {
  const seen = new Set<string>();
  return links.flatMap(({ path, name, section }) => {
    if (path[0] !== 'plans' || section !== 'repositories') return [];
    const copy = `${path[1]} ${name}`;
    if (seen.has(copy)) return [faultAt(path, 'this repository is named twice', 'name each once')];
    seen.add(copy);
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
