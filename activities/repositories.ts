import type { ResolvedRepository } from '../policy/resolved.ts';
import { openRepository, openStore } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';

/**
 * Opens a repository, checks that it is the one that Holdfast marked, and closes it after the body.
 *
 * @throws HoldfastError `not-a-repository` when it has no marker: a disk that is not mounted looks just so
 */
export async function withRepository<T>(
  repository: ResolvedRepository,
  signal: AbortSignal,
  body: (store: Store) => Promise<T>,
  tuning: Parameters<typeof openStore>[1] = {},
): Promise<T> {
  const store = await openStore(repository, tuning);
  try {
    await openRepository(store, signal);
    return await body(store);
  } finally {
    store.close();
  }
}

/**
 * The repository for markers that must not outlast their backup: what is locked in its directory keeps all of it from
 * being removed. A bucket that locks everything by default locks them all the same.
 */
export function withoutLock(repository: ResolvedRepository): ResolvedRepository {
  if (repository.kind !== 's3') return repository;
  const { lock: _lock, ...rest } = repository;
  return rest;
}
