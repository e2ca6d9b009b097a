import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Signer } from '../../../policy/resolved.ts';
import { listBackups, readManifest } from '../../../repository/catalogue.ts';
import { commitCopy, manifestBytes } from '../../../repository/commit.ts';
import { keyOf } from '../../../repository/layout.ts';
import type { Manifest } from '../../../repository/manifest.ts';
import { markRepository, openRepository } from '../../../repository/marker.ts';
import { sign } from '../../../repository/signing.ts';
import type { Store } from '../../../repository/store.ts';
import { verifyFiles } from '../../../repository/verify.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../../support/manifests.ts';
import { openStoreAt, openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let stranger: { publicKey: string; privateKey: string };
let signers: Signer[];
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
  signers = [{ name: 'fra', publicKey: worker.publicKey }];
});

const owner = { organization: 'Example BV' };
const older = manifestOf({ backupId: '20261120T010000Z-00000001' });
const newer = manifestOf({ backupId: '20261121T010000Z-00000002' });

async function store(directory: string, name = 'local') {
  const opened = await openTestStore(directory, name);
  await markRepository(opened, owner);
  return opened;
}

async function add(to: Store, manifest: Manifest, by = worker) {
  const signature = await sign(manifestBytes(manifest), by.privateKey, { directory: '/tmp' });
  const [file] = manifest.files;
  if (file === undefined) throw new Error('no file');
  await to.putIfAbsent(keyOf(manifest, file.name), manifestFileBytes);
  const all = [...signers, { name: 'stranger', publicKey: stranger.publicKey }];
  await commitCopy({ store: to, manifest, signature, restoreDocument: '#', signers: all, work: {} });
}

describe('a repository', () => {
  it('is marked once, and opened by its name', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      await expect(openRepository(local)).rejects.toMatchObject({
        code: 'not-a-repository',
        hint: expect.stringContaining('Is the right disk mounted'),
      });
      expect(await markRepository(local, owner)).toBe('created');
      expect(await markRepository(local, owner)).toBe('exists');
      expect(await openRepository(local)).toMatchObject({ name: 'local', organization: 'Example BV' });
    }));

  it('is not the one that is mounted in its place', () =>
    inDirectory(async (directory) => {
      const local = await store(directory, 'local');
      const swapped = await openStoreAt(local.path, 'offsite');
      await expect(openRepository(swapped)).rejects.toMatchObject({
        code: 'not-a-repository',
        message: 'Repository offsite is marked as repository local.',
      });
      await expect(markRepository(local, { organization: 'Other' })).rejects.toThrow(
        'belongs to the organization Example BV',
      );
    }));

  it('is never made of a place that holds other things', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      mkdirSync(join(local.path, 'home'));
      writeFileSync(join(local.path, 'home', 'thesis.pdf'), '');
      await expect(markRepository(local, owner)).rejects.toMatchObject({
        code: 'not-a-repository',
        message: expect.stringContaining('home/thesis.pdf'),
      });
      await expect(openRepository(local)).rejects.toMatchObject({ code: 'not-a-repository' });
    }));

  it('with a damaged marker is none', () =>
    inDirectory(async (directory) => {
      const local = await openTestStore(directory, 'local');
      writeFileSync(join(local.path, '_holdfast.json'), '{"format":"holdfast-repository/9"}');
      await expect(openRepository(local)).rejects.toThrow("can't be read");
      await expect(markRepository(local, owner)).rejects.toThrow("can't be read");
    }));
});

describe('the catalogue', () => {
  it('tells every backup from key names, and which count', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, newer);
      await add(local, older);
      const half = { source: 'shop', backupId: '20261122T010000Z-00000003' };
      await local.putIfAbsent(keyOf(half, 'data-ffffff.dump.zst.gpg'), Buffer.from('x'));
      await local.putIfAbsent(keyOf(newer, 'keep.weekly.20270214.json'), Buffer.from('{}'));
      await local.putIfAbsent('_policy/abc.yaml', Buffer.from('x'));
      const listed = await listBackups(local);
      expect(listed.map(({ backupId, committed, markers }) => ({ backupId, committed, markers }))).toEqual([
        { backupId: older.backupId, committed: true, markers: [] },
        { backupId: newer.backupId, committed: true, markers: ['keep.weekly.20270214.json'] },
        { backupId: half.backupId, committed: false, markers: [] },
      ]);
      expect(listed[0]).toMatchObject({ source: 'shop', startedAt: '2026-11-20T01:00:00.000Z' });
      expect(listed[0]?.files.map((file) => file.name)).toEqual([
        'RESTORE.md',
        'data-0a1b2c.dump.zst.gpg',
        'manifest.json',
        'manifest.json.sig',
      ]);
      expect(await listBackups(local, { prefix: 'shop/2026/11/21/' })).toHaveLength(1);
      expect(await listBackups(local, { source: 'other' })).toEqual([]);
    }));

  it('never takes an empty listing for no backups where it cannot be empty', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await expect(listBackups(local, { source: 'shop', expectSome: true })).rejects.toMatchObject({
        code: 'service-unavailable',
      });
      rmSync(join(local.path, '_holdfast.json'));
      await expect(listBackups(local, { source: 'shop' })).rejects.toMatchObject({
        code: 'service-unavailable',
        message: 'Repository local lists nothing, not even its own marker.',
      });
    }));

  it('reads a manifest and names its signer', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, newer);
      expect(await readManifest(local, newer, signers)).toEqual({ manifest: newer, signedBy: 'fra' });
    }));

  it.each([
    ['changed', 'untrusted-signature', 'changed after signing', 'manifest.json'],
    ['unsigned', 'untrusted-signature', 'is not signed', 'manifest.json.sig'],
    ['removed', 'not-found', 'has no backup', 'manifest.json'],
  ])('refuses one that was %s', (damage, code, message, file) =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, newer);
      const path = join(local.path, keyOf(newer, file));
      rmSync(path);
      const other = Buffer.from(manifestBytes({ ...newer, server: '15.9' }));
      if (damage === 'changed') writeFileSync(path, other);
      await expect(readManifest(local, newer, signers)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    }),
  );

  it('refuses one that a stranger signed', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, newer, stranger);
      await expect(readManifest(local, newer, signers)).rejects.toThrow('of a stranger');
    }));

  it('refuses a good manifest of another backup in its place', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, older);
      for (const file of ['manifest.json', 'manifest.json.sig']) {
        const bytes = await local.get(keyOf(older, file));
        await local.putIfAbsent(keyOf(newer, file), bytes ?? Buffer.alloc(0));
      }
      await expect(readManifest(local, newer, signers)).rejects.toMatchObject({
        code: 'corrupt-copy',
        message: expect.stringContaining(`is the manifest of shop ${older.backupId}`),
      });
    }));
});

describe('reading a copy back', () => {
  it('reads every file and tells how much', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      await add(local, newer);
      expect(await verifyFiles(local, newer)).toEqual({ files: 1, bytes: 4, serviceChecksums: 0 });
    }));

  it('names every file that is missing or differs', () =>
    inDirectory(async (directory) => {
      const local = await store(directory);
      const [data] = newer.files;
      if (data === undefined) throw new Error('no file');
      const names = ['data-000001.dump', 'globals-000001.sql', 'fingerprint-000001.json'];
      const manifest = { ...newer, files: names.map((name) => ({ ...data, name })) };
      await local.putIfAbsent(keyOf(newer, 'data-000001.dump'), Buffer.from('DATA'));
      await local.putIfAbsent(keyOf(newer, 'globals-000001.sql'), manifestFileBytes);
      const error: unknown = await verifyFiles(local, manifest).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'corrupt-copy' });
      expect(String(error)).toMatch(/data-000001\.dump has SHA-256 .*fingerprint-000001\.json is missing/);
      expect(String(error)).not.toContain('globals');
    }));
});
