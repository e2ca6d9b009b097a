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
): Promise<T> {
  const store = await openStore(repository);
  try {
    await openRepository(store, signal);
    return await body(store);
  } finally {
    store.close();
  }
}
