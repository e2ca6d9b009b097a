import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { directoryOf, keyOf } from '../../../repository/layout.ts';
import { removeCopy, withDeleteCredentials } from '../../../repository/removal.ts';
import { isDeletingMarker, isManifest } from '../../../repository/removal-steps.ts';
import type { Store, StoredVersion } from '../../../repository/store.ts';
import {
  backup,
  directory,
  files,
  marker,
  neighbour,
  run,
  withBackup,
} from '../../support/copy-to-remove.ts';
import { bucketNamed } from '../../support/repositories.ts';
import { bytes, codeOf, keys } from '../../support/store-access.ts';
import { changed } from '../../support/stores.ts';

describe('the removal of a copy', () => {
  it('leaves nothing of it, and all of its neighbour', async () => {
    await withBackup(async (store) => {
      expect(await removeCopy(store, backup, run)).toEqual({
        outcome: 'removed',
        removed: files.length + 1,
        sentences: [],
      });
      expect(await keys(store, directory)).toEqual([]);
      expect(await keys(store, directoryOf(neighbour))).toHaveLength(files.length);
      expect(await removeCopy(store, backup, run)).toEqual({ outcome: 'removed', removed: 0, sentences: [] });
    });
  });

  it('removes nothing when a part is locked, and tells the latest day', async () => {
    await withBackup(async (store) => {
      const [sooner, later] = [Date.now() + 1e8, Date.now() + 2e8].map((time) => new Date(time));
      const locked = changed(store, {
        async lockOf(key) {
          if (key.endsWith('RESTORE.md')) return { until: later ?? null, legalHold: false };
          return { until: key.endsWith('manifest.json') ? (sooner ?? null) : null, legalHold: false };
        },
      });
      expect(await removeCopy(locked, backup, run)).toMatchObject({
        outcome: 'locked',
        lockedUntil: later?.toISOString(),
        removed: 0,
        sentences: [expect.stringMatching(/nothing of it was removed/)],
      });
      expect(await keys(store, directory)).toHaveLength(files.length);
    });
  });

  it('is not held by a lock that has ended, and is by a legal hold', async () => {
    await withBackup(async (store) => {
      const hold = changed(store, {
        lockOf: async (key) => ({ until: null, legalHold: key.endsWith('.sig') }),
      });
      const outcome = await removeCopy(hold, backup, run);
      expect(outcome).toMatchObject({ outcome: 'locked', removed: 0 });
      expect(outcome.lockedUntil).toBeUndefined();
      expect(await keys(store, directory)).toHaveLength(files.length);
      const ended = changed(store, {
        lockOf: async () => ({ until: new Date(Date.now() - 1000), legalHold: false }),
      });
      expect(await removeCopy(ended, backup, run)).toMatchObject({ outcome: 'removed' });
    });
  });

  it('decides nothing when the locks may not be asked for', async () => {
    await withBackup(async (store) => {
      const denied = changed(store, {
        async lockOf(key) {
          if (key.endsWith('.sig')) throw new HoldfastError('access-denied', 'no');
          return null;
        },
      });
      expect(await removeCopy(denied, backup, run)).toMatchObject({ outcome: 'denied', removed: 0 });
      expect(await keys(store, directory)).toHaveLength(files.length);
    });
  });

  it('that may not even remove the manifest leaves the backup as it was', async () => {
    await withBackup(async (store) => {
      const denied = changed(store, { removeVersions: refuse(store, isManifest, 'denied') });
      expect(await removeCopy(denied, backup, run)).toMatchObject({
        outcome: 'denied',
        removed: 0,
        sentences: [expect.stringMatching(/Nothing of the copy/), 'no'],
      });
      expect(await keys(store, directory)).toEqual(files.map((file) => keyOf(backup, file)).sort());
    });
  });

  it.each(['denied', 'locked', 'failed'] as const)(
    'is incomplete when some of it is %s, says what is left, and is resumed',
    async (outcome) => {
      await withBackup(async (store) => {
        const some = changed(store, {
          removeVersions: refuse(store, (key) => key.endsWith('RESTORE.md'), outcome),
        });
        for (const removed of [files.length - 1, 0])
          expect(await removeCopy(some, backup, run)).toMatchObject({
            outcome: 'incomplete',
            removed,
            sentences: ['no'],
          });
        expect(await keys(store, directory)).toEqual([keyOf(backup, 'RESTORE.md'), marker]);
        expect(await removeCopy(store, backup, run)).toMatchObject({ outcome: 'removed', removed: 2 });
      });
    },
  );

  it('is done when only its own marker stays, which a bucket locks by default', async () => {
    await withBackup(async (store) => {
      const locking = changed(store, { removeVersions: refuse(store, isDeletingMarker, 'locked') });
      for (const removed of [files.length, 0])
        expect(await removeCopy(locking, backup, run)).toEqual({
          outcome: 'removed',
          removed,
          sentences: ['no'],
        });
    });
  });

  it('takes the marker of another removal with it that came when nothing was left', () =>
    withBackup(async (store) => {
      let listings = 0;
      const met = changed(store, {
        async *listVersions(prefix) {
          listings += 1;
          if (listings === 3) await store.putIfAbsent(keyOf(backup, 'deleting.ffffffff.json'), bytes('{}'));
          yield* store.listVersions(prefix);
        },
      });
      expect(await removeCopy(met, backup, run)).toMatchObject({ outcome: 'removed' });
      expect(await keys(store, directory)).toEqual([]);
    }));

  it('believes no listing that is empty where something must be', async () => {
    await withBackup(async (store) => {
      const empty = changed(store, {
        async *listVersions() {},
        list: async () => [],
      });
      expect(await codeOf(removeCopy(empty, backup, run))).toBe('service-unavailable');
    });
  });

  it('is told as incomplete when the store still lists what it says that it removed', async () => {
    await withBackup(async (store) => {
      const lying = changed(store, {
        removeVersions: async (versions) =>
          versions.map((version) => ({ ...version, outcome: 'removed' as const })),
      });
      expect(await removeCopy(lying, backup, run)).toMatchObject({
        outcome: 'incomplete',
        sentences: [expect.stringMatching(/still lists .*manifest\.json/)],
      });
    });
  });
});

function refuse(store: Store, which: (key: string) => boolean, outcome: 'denied' | 'locked' | 'failed') {
  return async (versions: readonly StoredVersion[]) => {
    const removals = [];
    for (const version of versions)
      if (which(version.key)) removals.push({ ...version, outcome, sentence: 'no' });
      else removals.push(...(await store.removeVersions([version])));
    return removals;
  };
}

describe('the repository as its copies are removed', () => {
  const repository = bucketNamed('copies', {
    credentials: { env: 'WRITE' },
    lock: { mode: 'compliance', for: 86_400 },
  });

  it('has the credentials for that, and locks nothing that it writes', () => {
    const removing = withDeleteCredentials({ ...repository, deleteCredentials: { env: 'DELETE' } });
    expect(removing).toMatchObject({ credentials: { env: 'DELETE' } });
    expect(removing).not.toHaveProperty('lock');
    expect(removing).not.toHaveProperty('deleteCredentials');
    expect(withDeleteCredentials(repository)).toMatchObject({ credentials: { env: 'WRITE' } });
  });
});
