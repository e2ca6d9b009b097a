import type { ResolvedRepository } from '../../policy/resolved.ts';
import type { Store } from '../store.ts';
import { FilesystemStore } from './filesystem.ts';
import type { S3Timing } from './s3-session.ts';

export type { S3Timing } from './s3-session.ts';

/**
 * Opens the store of a repository. Nothing is asked of it yet: `probe` does that. Tests shorten how long an S3 store
 * waits and tries.
 *
 * @throws HoldfastError `bad-policy` when the repository's settings can't work on this worker.
 */
export async function openStore(
  repository: ResolvedRepository,
  tuning: { s3?: Partial<S3Timing> } = {},
): Promise<Store> {
  switch (repository.kind) {
    case 'filesystem':
      return new FilesystemStore(repository);
    case 's3': {
      // Loaded here: Amazon's library is large, and most of what opens stores has none in a bucket.
      const { S3Store } = await import('./s3.ts');
      return S3Store.open(repository, tuning.s3);
    }
  }
}
