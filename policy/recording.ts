import { lookUp } from './lookup.ts';
import { type Fault, faultAt } from './problem.ts';
import { isManual } from './resolve-repository.ts';
import type { Salvage } from './salvage.ts';

/**
 * Zones whose workers record what happens and could not: without a key to sign their part of the audit log, or with
 * the log in a directory of another zone. Pure.
 */
export function unableToRecord({ sections, settings }: Salvage): Fault[] {
  const { audit } = settings;
  if (audit === undefined) return [];
  const sources = Object.values(sections.plans).flatMap(
    ({ source }) => lookUp(sections.sources, source)?.zone ?? [],
  );
  const attached = attachedZones(sections);
  return [
    ...[...attached].flatMap((zone) => (sources.includes(zone) ? [] : unsigned(zone, sections))),
    ...outOfReach(audit.repository, new Set([...sources, ...attached]), sections),
  ];
}

/** Zones in which a person attaches a repository for some plan. */
function attachedZones({ plans, repositories }: Salvage['sections']): Set<string> {
  const named = Object.values(plans).flatMap(({ copies }) => copies);
  return new Set(
    named.flatMap((name) => {
      const repository = lookUp(repositories, name);
      return repository !== undefined && isManual(repository) ? [repository.zone] : [];
    }),
  );
}

function unsigned(name: string, { zones }: Salvage['sections']): Fault[] {
  const zone = lookUp(zones, name);
  if (zone === undefined || zone.signingKey !== undefined) return [];
  return [
    faultAt(
      ['zones', name],
      'what a person attaches in this zone is recorded in the audit log, and the zone has no signingKey',
      `make one on its worker with \`ssh-keygen -t ed25519 -N '' -C holdfast-${name} -f holdfast-${name}\` and write \`signingKey: { file: /absolute/path }\``,
    ),
  ];
}

/** A directory is reached by the workers of its own zone alone. */
function outOfReach(name: string, recording: Set<string>, { repositories }: Salvage['sections']): Fault[] {
  const repository = lookUp(repositories, name);
  if (repository?.kind !== 'filesystem') return [];
  const others = [...recording].filter((zone) => zone !== repository.zone);
  if (others.length === 0) return [];
  return [
    faultAt(
      ['audit', 'repository'],
      `this directory is reached only in zone ${repository.zone}, and zone ${others.join(', ')} records too`,
      'name an S3 repository, which every zone reaches',
    ),
  ];
}
