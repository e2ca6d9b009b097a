import type { Place, ResolvedKey, ResolvedRepository } from './resolved.ts';

/** Whether a worker of that zone can read a repository: a directory is there for the workers of its own zone alone. */
export function isReadableFrom(zone: string, repository: Pick<ResolvedRepository, 'kind' | 'zone'>): boolean {
  return repository.kind !== 'filesystem' || repository.zone === zone;
}

/** Repositories that a worker at a place can read, the nearest first: same zone, same site, same region, others. */
export function nearestFirst(
  repositories: readonly ResolvedRepository[],
  place: Place,
): ResolvedRepository[] {
  const distance = (repository: ResolvedRepository) => {
    if (repository.zone === place.zone) return 0;
    if (repository.site === place.site) return 1;
    return repository.region === place.region ? 2 : 3;
  };
  return repositories
    .filter((repository) => isReadableFrom(place.zone, repository))
    .sort((a, b) => distance(a) - distance(b));
}

/** Zones in which a backup under this key can be decrypted. */
export function opensIn(key: ResolvedKey): string[] {
  return Object.keys(key.kind === 'gpg' ? key.opens : key.passphrase);
}
