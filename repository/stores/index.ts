import type { ResolvedRepository } from '../../policy/resolved.ts';
import type { Store } from '../store.ts';
import { FilesystemStore } from './filesystem.ts';

/**
 * Opens the store of a repository. Nothing is asked of it yet: `probe` does that.
 *
 * @throws HoldfastError `bad-policy` when the repository's settings can't work on this worker.
 */
export async function openStore(repository: ResolvedRepository): Promise<Store> {
  switch (repository.kind) {
    case 'filesystem':
      return new FilesystemStore(repository);
    case 's3':
      throw new Error('to come');
  }
}
