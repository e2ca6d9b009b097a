import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HoldfastError } from '../../../policy/errors.ts';
import type { S3Repository } from '../../../policy/resolved.ts';
import { directoryOf, keyOf, repositoryMarkerKey } from '../../../repository/layout.ts';
import { removeCopy, withDeleteCredentials } from '../../../repository/removal.ts';
import { isDeletingMarker, isManifest, removalSteps } from '../../../repository/removal-steps.ts';
import type { Store, StoredVersion } from '../../../repository/store.ts';
import { sweep } from '../../../repository/sweep.ts';
import { inDirectory } from '../../support/keys.ts';
import { bytes, codeOf, keys } from '../../support/store-access.ts';
import { openTestStore } from '../../support/stores.ts';

const backup = { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' };
const neighbour = { source: 'shop', backupId: '20261121T020000Z-1a2b3c4d' };
const directory = directoryOf(backup);
const run = '0a1b2c3d';
const marker = keyOf(backup, `deleting.${run}.json`);
const files = [
  'RESTORE.md',
  'data-0a1b2c.dump.zst.gpg',
  'fingerprint-0a1b2c.json.zst.gpg',
  'keep.weekly.20270214.json',
  'manifest.json',
  'manifest.json.sig',
];

async function withBackup(body: (store: Store) => Promise<void>): Promise<void> {
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

/** A store that behaves otherwise in some of its functions. */
function changed(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(Reflect.has(changes, property) ? changes : target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Stops everything after so many single changes, as a kill would. */
function killedAfter(store: Store, changes: number): Store {
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

  it.each(Array.from({ length: files.length + 2 }, (_, changes) => changes))(
    'killed after %i changes is either a whole backup or a removal to finish, and is finished',
    async (changes) => {
      await withBackup(async (store) => {
        const killed = removeCopy(killedAfter(store, changes), backup, run);
        expect(await codeOf(killed)).toBe(changes < files.length + 2 ? 'interrupted' : 'none');
        const left = (await keys(store, directory)).map((key) => key.slice(directory.length));
        if (left.includes('manifest.json')) expect(left).toEqual(expect.arrayContaining(files));
        else if (left.length > 0) expect(left).toContain(`deleting.${run}.json`);
        const other = await removeCopy(store, backup, 'ffffffff');
        expect(other).toMatchObject({ outcome: 'removed', sentences: [] });
        expect(await keys(store, directory)).toEqual([]);
      });
    },
  );

  it.each([2, 4, files.length + 1])('killed after %i changes is finished by a sweep', async (changes) => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, changes), backup, run));
      const left = await keys(store, directory);
      const dry = await sweep(store, { graceSeconds: 86_400, dryRun: true });
      expect([...dry.removed].sort()).toEqual(left);
      expect(await keys(store, directory)).toEqual(left);
      const swept = await sweep(store, { graceSeconds: 86_400, dryRun: false });
      expect([...swept.removed].sort()).toEqual(left);
      expect(await keys(store, directory)).toEqual([]);
      expect(await keys(store, directoryOf(neighbour))).toHaveLength(files.length);
    });
  });

  it('that has begun under a whole manifest is nothing for a sweep', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 1), backup, run));
      expect(await keys(store, directory)).toContain(marker);
      const swept = await sweep(store, { graceSeconds: 0, dryRun: false });
      expect(swept.removed).toEqual([]);
      expect(await keys(store, directory)).toHaveLength(files.length + 1);
    });
  });

  it('is told by a sweep that may not finish it, which keeps what is left', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 2), backup, run));
      const denied = async () => {
        throw new HoldfastError('access-denied', 'These credentials may not.');
      };
      const swept = await sweep(store, { graceSeconds: 0, dryRun: false, removing: denied });
      expect(swept.removed).toEqual([]);
      expect(swept.kept).toEqual([{ key: directory, why: 'These credentials may not.' }]);
      const lost = async () => {
        throw new HoldfastError('unreachable', 'No connection.');
      };
      const failing = sweep(store, { graceSeconds: 0, dryRun: false, removing: lost });
      expect(await codeOf(failing)).toBe('unreachable');
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

  it('that finds the rest locked meanwhile is incomplete, with the day', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 2), backup, run));
      const until = new Date(Date.now() + 1e8);
      const locked = changed(store, { lockOf: async () => ({ until, legalHold: false }) });
      expect(await removeCopy(locked, backup, run)).toMatchObject({
        outcome: 'incomplete',
        lockedUntil: until.toISOString(),
        removed: 0,
      });
    });
  });

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
        async *list() {},
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

describe('the steps of a removal', () => {
  const version = fc.record({
    key: fc.constantFrom(...files, `deleting.${run}.json`, 'notes.txt').map((file) => keyOf(backup, file)),
    versionId: fc.uuid(),
    kind: fc.constantFrom('object' as const, 'delete-marker' as const),
    latest: fc.boolean(),
    bytes: fc.nat(),
  });

  it('take every version once, the manifest first and the marker of the removal last', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
        const steps = removalSteps(versions);
        expect(steps.flat()).toHaveLength(versions.length);
        expect(new Set(steps.flat())).toEqual(new Set(versions));
        const place = (which: (version: StoredVersion) => boolean) =>
          steps.flatMap((step, index) => (step.some(which) ? [index] : []));
        const isObject = ({ kind }: StoredVersion) => kind === 'object';
        const manifest = place((each) => isObject(each) && isManifest(each.key));
        const removal = place((each) => isDeletingMarker(each.key));
        const others = place(
          (each) => !isDeletingMarker(each.key) && !(isObject(each) && isManifest(each.key)),
        );
        expect(Math.max(-1, ...manifest)).toBeLessThan(
          Math.min(Number.POSITIVE_INFINITY, ...others, ...removal),
        );
        expect(Math.max(-1, ...others)).toBeLessThan(Math.min(Number.POSITIVE_INFINITY, ...removal));
      }),
    );
  });

  it('never bring an older version back by removing what hides it', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 40 }), (versions) => {
        const order = removalSteps(versions).flat();
        for (const [index, each] of order.entries())
          if (each.kind === 'delete-marker')
            expect(order.slice(index).some(({ key, kind }) => kind === 'object' && key === each.key)).toBe(
              false,
            );
      }),
    );
  });
});

describe('the repository as its copies are removed', () => {
  const repository: S3Repository = {
    kind: 's3',
    name: 'offsite',
    zone: 'ams',
    region: 'EU',
    site: 'nl-ams1',
    medium: 'object',
    bucket: 'copies',
    prefix: '',
    awsRegion: 'nl-ams1',
    pathStyle: true,
    checksums: 'when-supported',
    credentials: { env: 'WRITE' },
    lock: { mode: 'compliance', for: 86_400 },
  };

  it('has the credentials for that, and locks nothing that it writes', () => {
    const removing = withDeleteCredentials({ ...repository, deleteCredentials: { env: 'DELETE' } });
    expect(removing).toMatchObject({ credentials: { env: 'DELETE' } });
    expect(removing).not.toHaveProperty('lock');
    expect(removing).not.toHaveProperty('deleteCredentials');
    expect(withDeleteCredentials(repository)).toMatchObject({ credentials: { env: 'WRITE' } });
  });
});
