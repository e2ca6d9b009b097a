import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  evidencePath,
  isNamedAfter,
  listEvidence,
  putEvidence,
  readEvidence,
  type SignedEvidence,
  sha256Of,
  signEvidence,
} from '../../../repository/evidence.ts';
import { sign } from '../../../repository/signing.ts';
import type { Store } from '../../../repository/store.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { codeOf } from '../../support/store-access.ts';
import { openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let stranger: { publicKey: string; privateKey: string };
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
});

const facts = {
  kind: 'restore-test' as const,
  subject: 'shop-daily',
  at: '2026-12-06T01:03:12.500Z',
  document: { verdict: 'proven', backup: { source: 'shop' } },
};

const signers = () => [{ name: 'fra', publicKey: worker.publicKey }];

/** A report that is kept in a repository of its own. */
async function withReport(
  body: (store: Store & { path: string }, evidence: SignedEvidence) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const evidence = await signEvidence(facts, '# proven\n', worker.privateKey, { directory });
    const store = await openTestStore(directory, 'local');
    await putEvidence(store, evidence);
    await body(store, evidence);
  });
}

describe('the path of a report', () => {
  it('tells kind, month, second and subject', () => {
    expect(evidencePath(facts)).toBe('restore-test/2026/12/20261206T010312Z-shop-daily');
  });

  it('has a subject of plain letters, whatever it is about', () => {
    const path = evidencePath({ ...facts, kind: 'copies-check', subject: 'Müller & Söhne BV.' });
    expect(path).toBe('copies-check/2026/12/20261206T010312Z-m-ller-s-hne-bv');
    expect(evidencePath({ ...facts, subject: '株式会社' })).toMatch(/Z-all$/);
  });

  it('is known again by its subject, and not by the end or the beginning of another one', () => {
    expect(isNamedAfter(evidencePath(facts), 'shop-daily')).toBe(true);
    for (const other of ['daily', 'shop', 'shop-daily-2', 'a-shop-daily'])
      expect(isNamedAfter(evidencePath(facts), other)).toBe(false);
    expect(isNamedAfter('restore-test/2026/12/anything-shop-daily', 'shop-daily')).toBe(false);
  });
});

describe('a report', () => {
  it('is read as it was signed, by whom, and is listed once', () =>
    withReport(async (store, { path, json, signature, sha256 }) => {
      expect(await listEvidence(store)).toEqual([path]);
      expect(await listEvidence(store, 'restore-test/2026/12/')).toEqual([path]);
      expect(await listEvidence(store, 'copies-check/')).toEqual([]);
      expect(await readEvidence(store, path, signers())).toEqual({
        evidence: { format: 'holdfast-evidence/1', ...facts, markdownSha256: sha256Of('# proven\n') },
        json,
        signature,
        markdown: '# proven\n',
        sha256,
        signedBy: 'fra',
      });
    }));

  it('may be put again, and another in its place is refused', () =>
    withReport(async (store, evidence) => {
      await putEvidence(store, evidence);
      const other = putEvidence(store, { ...evidence, json: evidence.json.replace('proven', 'disproven') });
      expect(await codeOf(other)).toBe('already-exists');
    }));

  it('that was changed does not count', () =>
    withReport(async (store, { path }) => {
      const file = join(store.path, '_evidence', `${path}.json`);
      await writeFile(file, (await readFile(file, 'utf8')).replace('proven', 'disproven'));
      expect(await codeOf(readEvidence(store, path, signers()))).toBe('untrusted-signature');
    }));

  it('of a stranger, or signed for another purpose, does not count', () =>
    withReport(async (store, { path, json }) => {
      expect(await codeOf(readEvidence(store, path, [{ name: 'x', publicKey: stranger.publicKey }]))).toBe(
        'untrusted-signature',
      );
      const asManifest = await sign(Buffer.from(json), worker.privateKey, { directory: store.path });
      await writeFile(join(store.path, '_evidence', `${path}.json.sig`), asManifest);
      expect(await codeOf(readEvidence(store, path, signers()))).toBe('untrusted-signature');
    }));

  it('without a signature, or not there at all, is told apart', () =>
    withReport(async (store, { path }) => {
      await rm(join(store.path, '_evidence', `${path}.json.sig`));
      expect(await codeOf(readEvidence(store, path, signers()))).toBe('untrusted-signature');
      expect(await codeOf(readEvidence(store, 'restore-test/2026/11/none', signers()))).toBe('not-found');
    }));
});
