import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../../../repository/canonical.ts';
import { manifestBytes } from '../../../repository/commit.ts';
import type { SignedEvidence } from '../../../repository/evidence.ts';
import { checkTestedBackups } from '../../../repository/evidence-backups.ts';
import { type CheckedReport, checkReports } from '../../../repository/evidence-check.ts';
import { keyOf } from '../../../repository/layout.ts';
import { evidenceNamespace, sign } from '../../../repository/signing.ts';
import type { Store } from '../../../repository/store.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { manifestOf } from '../../support/manifests.ts';
import { keepIn, signedAsManifest, testFacts } from '../../support/reports.ts';
import { openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let stranger: { publicKey: string; privateKey: string };
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
});

const signers = () => [{ name: 'fra', publicKey: worker.publicKey }];

type Kept = {
  store: Store & { path: string };
  evidence: SignedEvidence;
  file: (extension: string) => string;
};

/** Two signed reports in a repository, of which the body may change the first. */
async function afterwards(change: (kept: Kept) => Promise<void>): Promise<CheckedReport> {
  return inDirectory(async (directory) => {
    const store = await openTestStore(directory, 'local');
    const evidence = await keepIn(store, worker.privateKey, directory);
    await keepIn(store, worker.privateKey, directory, { ...testFacts, at: '2025-12-07T01:00:00.000Z' });
    const file = (extension: string) => join(store.path, '_evidence', `${evidence.path}${extension}`);
    await change({ store, evidence, file });
    const { reports } = await checkReports(store, { prefix: '_evidence/', signers: signers() });
    expect(reports).toHaveLength(2);
    expect(reports[1]).toMatchObject({ faults: [], signedBy: 'fra' });
    const [first] = reports;
    if (first === undefined) throw new Error('the report is not listed');
    return first;
  });
}

const edit = async (file: string, piece: string, replacement: string): Promise<void> =>
  writeFile(file, (await readFile(file, 'utf8')).replace(piece, replacement));

describe('a kept report', () => {
  it('holds when nobody has touched it', async () => {
    const report = await afterwards(async () => undefined);
    expect(report).toMatchObject({
      path: 'restore-test/2025/12/20251206T010312Z-shop-daily',
      evidence: { kind: 'restore-test', subject: 'shop-daily' },
      signedBy: 'fra',
      faults: [],
      notes: [],
    });
  });

  it.each<[string, string, string, (kept: Kept) => Promise<void>]>([
    ['whose result was changed', '.json', 'changed', ({ file }) => edit(file('.json'), 'proven', 'untested')],
    [
      'with a signature of another report',
      '.json',
      'changed',
      async ({ file, evidence, store }) => {
        const other = evidence.path.replace('20251206T010312Z', '20251207T010000Z');
        await writeFile(
          file('.json.sig'),
          await readFile(join(store.path, '_evidence', `${other}.json.sig`)),
        );
      },
    ],
    ['with half a signature', '.json', 'changed', ({ file }) => edit(file('.json.sig'), '-----END', '')],
    ['without a signature', '.json', 'unsigned', ({ file }) => rm(file('.json.sig'))],
    [
      'that a stranger signed',
      '.json',
      'stranger',
      async ({ file, evidence, store }) => {
        const work = { directory: store.path, namespace: evidenceNamespace };
        await writeFile(file('.json.sig'), await sign(Buffer.from(evidence.json), stranger.privateKey, work));
      },
    ],
    [
      'signed as something else',
      '.json',
      'other-purpose',
      async ({ file, evidence, store }) => {
        await writeFile(
          file('.json.sig'),
          await signedAsManifest(evidence.json, worker.privateKey, store.path),
        );
      },
    ],
    [
      'that was signed and is no report',
      '.json',
      'not-understood',
      async ({ file, store }) => {
        const bytes = canonicalJson({ format: 'holdfast-evidence/9' });
        const work = { directory: store.path, namespace: evidenceNamespace };
        await writeFile(file('.json'), bytes);
        await writeFile(file('.json.sig'), await sign(bytes, worker.privateKey, work));
      },
    ],
    ['with another text for people', '.md', 'markdown-changed', ({ file }) => edit(file('.md'), '#', '# No')],
    ['without its text', '.md', 'markdown-missing', ({ file }) => rm(file('.md'))],
    ['that is gone and left its text', '.md', 'json-missing', ({ file }) => rm(file('.json'))],
    [
      'that left nothing but its signature',
      '.json.sig',
      'json-missing',
      async ({ file }) => {
        await rm(file('.json'));
        await rm(file('.md'));
      },
    ],
  ])('%s is told', async (_name, extension, fault, change) => {
    const { path, faults, evidence } = await afterwards(change);
    expect(faults).toMatchObject([{ file: `${path}${extension}`, fault }]);
    // What is to be believed is believed: a changed text takes nothing from the report that was signed.
    expect(evidence === null).toBe(!fault.startsWith('markdown'));
  });

  it('that lies under the name of a newer one is told, and where it belongs', async () => {
    await inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const { path } = await keepIn(store, worker.privateKey, directory);
      const newer = path.replace('20251206', '20251216');
      for (const extension of ['.json', '.json.sig', '.md']) {
        const place = (each: string) => join(store.path, '_evidence', `${each}${extension}`);
        await rename(place(path), place(newer));
      }
      const { reports } = await checkReports(store, { prefix: '_evidence/', signers: signers() });
      expect(reports).toMatchObject([
        { path: newer, faults: [{ fault: 'misplaced', sentence: expect.stringContaining(path) }] },
      ]);
    });
  });

  it('may lie in a directory of its own, beside files that nobody vouches for', async () => {
    await inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const { path } = await keepIn(store, worker.privateKey, directory);
      const folder = join(store.path, '_evidence', dirname(path));
      const flat = await openTestStore(directory, 'flat');
      const name = path.slice(path.lastIndexOf('/') + 1);
      for (const extension of ['.json', '.json.sig', '.md'])
        await rename(join(folder, `${name}${extension}`), join(flat.path, `${name}${extension}`));
      await writeFile(join(flat.path, 'README.md'), 'hello');
      const { reports, others } = await checkReports(flat, { prefix: '', signers: signers() });
      expect(reports).toMatchObject([{ path: name, faults: [], signedBy: 'fra' }]);
      expect(others).toEqual(['README.md']);
    });
  });

  it('of before texts were signed holds, and says what nobody signed', async () => {
    const { faults, notes } = await afterwards(async ({ file, evidence, store }) => {
      const { markdownSha256: _none, ...before } = JSON.parse(evidence.json);
      const bytes = canonicalJson(before);
      await writeFile(file('.json'), bytes);
      const work = { directory: store.path, namespace: evidenceNamespace };
      await writeFile(file('.json.sig'), await sign(bytes, worker.privateKey, work));
    });
    expect(faults).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('was not signed with its report')]);
  });
});

describe('a backup that a report speaks of', () => {
  const backup = testFacts.document.backup;
  const marker = keyOf(backup, 'tested.20251206T010312Z.passed.json');

  /** Beside the reports lies the backup, as the change leaves it. */
  async function checked(change: (place: (key: string) => string, sha256: string) => Promise<void>) {
    return inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const { path, sha256 } = await keepIn(store, worker.privateKey, directory);
      const place = (key: string) => join(store.path, key);
      const manifest = keyOf(backup, 'manifest.json');
      const bytes = manifestBytes(manifestOf(backup));
      await mkdir(dirname(place(manifest)), { recursive: true });
      await writeFile(place(manifest), bytes);
      await writeFile(place(`${manifest}.sig`), await sign(bytes, worker.privateKey, { directory }));
      await writeFile(place(marker), JSON.stringify({ report: { path, sha256 } }));
      await change(place, sha256);
      const { reports } = await checkReports(store, { prefix: '_evidence/', signers: signers() });
      return checkTestedBackups(store, reports, { signers: signers() });
    });
  }

  it('has a manifest that holds, and a marker that names the report', async () => {
    expect(await checked(async () => undefined)).toEqual({ whole: 1, absent: 0, faults: [] });
  });

  it('may have expired', async () => {
    const gone = (place: (key: string) => string) => rm(dirname(place(marker)), { recursive: true });
    expect(await checked(gone)).toEqual({ whole: 0, absent: 1, faults: [] });
  });

  it.each<[string, string, string, (place: (key: string) => string, sha256: string) => Promise<void>]>([
    [
      'without its manifest',
      'manifest.json',
      'manifest',
      (place) => rm(place(keyOf(backup, 'manifest.json'))),
    ],
    [
      'whose manifest was changed',
      'manifest.json',
      'manifest',
      (place) => edit(place(keyOf(backup, 'manifest.json')), 'Example BV', 'Example AG'),
    ],
    [
      'whose marker names another report',
      'tested.20251206T010312Z.passed.json',
      'marker',
      (place, sha256) => edit(place(marker), sha256, '0'.repeat(64)),
    ],
  ])('%s is told', async (_name, file, fault, change) => {
    const { faults } = await checked(change);
    expect(faults).toMatchObject([{ file: keyOf(backup, file), fault }]);
  });
});
