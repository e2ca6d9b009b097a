import { HoldfastError } from '../../policy/errors.ts';
import { directoryOf, keyOf, repositoryMarkerKey } from '../../repository/layout.ts';
import type { Store } from '../../repository/store.ts';
import { inDirectory } from './keys.ts';
import { bytes } from './store-access.ts';
import { changed, openTestStore } from './stores.ts';

export const backup = { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' };
export const neighbour = { source: 'shop', backupId: '20261121T020000Z-1a2b3c4d' };
export const directory = directoryOf(backup);
export const run = '0a1b2c3d';
export const marker = keyOf(backup, `deleting.${run}.json`);
export const files = [
  'RESTORE.md',
  'data-0a1b2c.dump.zst.gpg',
  'fingerprint-0a1b2c.json.zst.gpg',
  'keep.weekly.20270214.json',
  'manifest.json',
  'manifest.json.sig',
];

/** Does something with a repository that holds a copy of `backup` and one of `neighbour`. */
export async function withBackup(body: (store: Store) => Promise<void>): Promise<void> {
  await inDirectory(async (root) => {
    const store = await openTestStore(root, 'local');
    await store.putIfAbsent(repositoryMarkerKey, bytes('{}'));
    for (const file of files) {
      await store.putIfAbsent(keyOf(backup, file), bytes(file));
      await store.putIfAbsent(keyOf(neighbour, file), bytes(file));
    }
    await body(store);
  });
}

/** Stops everything after so many single changes, as a kill would. */
export function killedAfter(store: Store, changes: number): Store {
  let left = changes;
  const step = () => {
    if (left === 0) throw new HoldfastError('interrupted', 'killed');
    left -= 1;
  };
  return changed(store, {
    async putIfAbsent(key, body) {
      step();
      return store.putIfAbsent(key, body);
    },
    async removeVersions(versions) {
      const removals = [];
      for (const version of versions) {
        step();
        removals.push(...(await store.removeVersions([version])));
      }
      return removals;
    },
  });
}
