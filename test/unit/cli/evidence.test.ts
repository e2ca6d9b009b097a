import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { evidencePath } from '../../../repository/evidence.ts';
import { holdfast } from '../../support/cli.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { keepIn, testFacts } from '../../support/reports.ts';
import { openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let stranger: { publicKey: string; privateKey: string };
let place: { repository: string; trust: string; directory: string };
let close: () => void;
let closed: Promise<void>;

/** A repository's directory with two reports, and no policy anywhere near. */
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
  await new Promise<void>((ready, failed) => {
    closed = inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      await writeFile(join(store.path, '_holdfast.json'), '{}');
      await keepIn(store, worker.privateKey, directory);
      await keepIn(store, worker.privateKey, directory, { ...testFacts, at: new Date().toISOString() });
      const trust = join(directory, 'fra.pub');
      await writeFile(trust, `${worker.publicKey} worker of fra\n`);
      place = { repository: store.path, trust, directory };
      await new Promise<void>((end) => {
        close = end;
        ready();
      });
    });
    closed.catch(failed);
  });
});

afterAll(async () => {
  close?.();
  await closed;
});

const cli = (...args: string[]) =>
  holdfast(args, {
    env: { HOLDFAST_POLICY: join(place.directory, 'none.yaml'), TEMPORAL_ADDRESS: '127.0.0.1:1' },
  });

const first = evidencePath(testFacts);
const fileOf = (extension: string) => join(place.repository, '_evidence', `${first}${extension}`);

describe('report review', () => {
  const refusalOf = async (cause: string) =>
    (await cli('report', 'review', 'drill/shop', '--root-cause', cause)).stderr;

  it('takes no file that is not there for the root cause, and a sentence for one', async () => {
    expect(await refusalOf('causes/fra.txt')).toContain('The file causes/fra.txt with the root cause');
    expect(await refusalOf(' ')).toContain('The root cause is empty.');
    expect(await refusalOf('The disk was full.')).toMatch(/^Error: The policy file/);
  });
});

describe('evidence verify', () => {
  it('passes over a directory without a policy and without Temporal', async () => {
    const { code, stdout, stderr } = await cli(
      'evidence',
      'verify',
      place.repository,
      '--trust',
      place.trust,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/2 of 2 reports in .* hold\.\n {2}2 signed by fra\n/);
    expect(stdout).toContain('evidence: passed');
  });

  it('names each file and what is wrong with it, and exits 3', async () => {
    const before = await readFile(fileOf('.md'));
    await writeFile(fileOf('.md'), '# All is well\n');
    try {
      const { code, stdout } = await cli(
        'evidence',
        'verify',
        place.repository,
        '--trust',
        place.trust,
        '--json',
      );
      expect(code).toBe(3);
      const told = JSON.parse(stdout);
      expect(told).toMatchObject({
        result: 'failed',
        faults: [{ file: `${first}.md`, fault: 'markdown-changed' }],
      });
      expect(told.reports).toHaveLength(2);
    } finally {
      await writeFile(fileOf('.md'), before);
    }
  });

  it('says how to name whom to trust where there is no policy', async () => {
    const { code, stderr } = await cli('--policy', '/nowhere.yaml', 'evidence', 'verify', place.repository);
    expect(code).toBe(2);
    expect(stderr).toContain('say with --trust FILE whose signatures count');
  });

  it('trusts nobody but those that are named', async () => {
    const other = join(place.directory, 'other');
    await writeFile(other, `fra namespaces="holdfast-evidence" ${stranger.publicKey}\n`);
    const { code, stdout } = await cli('evidence', 'verify', place.repository, '--trust', other);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^stranger {2}restore-test/m);
    expect(stdout).toContain('0 of 2 reports');
  });

  it('does not take a key for reports that is allowed for something else', async () => {
    const other = join(place.directory, 'manifests');
    await writeFile(other, `fra namespaces="holdfast-manifest" ${worker.publicKey}\n`);
    const { code, stderr } = await cli('evidence', 'verify', place.repository, '--trust', other);
    expect(code).toBe(2);
    expect(stderr).toContain('names nobody whose signature would count');
  });

  it('refuses restrictions that it would not keep', async () => {
    const other = join(place.directory, 'dated');
    await writeFile(other, `fra valid-before="20200101" ${worker.publicKey}\n`);
    const { code, stderr } = await cli('evidence', 'verify', place.repository, '--trust', other);
    expect(code).toBe(2);
    expect(stderr).toContain('Line 1 of the trusted signers is not understood.');
  });

  it('takes an empty place for no proof', async () => {
    const empty = join(place.directory, 'empty');
    await mkdir(empty);
    const { code, stdout } = await cli('evidence', 'verify', empty, '--trust', place.trust);
    expect(code).toBe(3);
    expect(stdout).toContain('There is no report in');
  });

  it.each<[string, string[], string]>([
    ['no place', [], 'It is not said which reports are meant.'],
    ['a place that is not there', ['nowhere'], 'nowhere is no directory.'],
  ])('refuses %s', async (_name, args, sentence) => {
    const { code, stderr } = await cli('evidence', 'verify', ...args, '--trust', place.trust);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(sentence);
  });
});

describe('evidence list and show', () => {
  const from = () => ['--from', place.repository, '--trust', place.trust];

  it('lists what counts, newest first', async () => {
    const { code, stdout } = await cli('evidence', 'list', ...from(), '--since', '2025-01-01', '--json');
    expect(code).toBe(0);
    const { reports } = JSON.parse(stdout);
    expect(reports).toMatchObject([
      { kind: 'restore-test', subject: 'shop-daily', result: 'passed', signedBy: 'fra' },
      { test: { plan: 'shop-daily', verdict: 'proven' } },
    ]);
    expect(reports[0].at > reports[1].at).toBe(true);
  });

  it('lists only the kind that is asked for', async () => {
    const { stdout } = await cli('evidence', 'list', ...from(), '--kind', 'drill', '--json');
    expect(JSON.parse(stdout).reports).toEqual([]);
  });

  it('shows one as it was signed, also as a page', async () => {
    const shown = await cli('evidence', 'show', first, ...from(), '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      path: first,
      markdownHolds: true,
      report: { kind: 'restore-test' },
    });
    const page = await cli('evidence', 'show', 'shop-daily', ...from(), '--format', 'html');
    expect(page.stdout).toContain('<h1>shop-daily</h1>');
    expect(page.stdout).toMatch(/<footer>\nrestore-test\/.*signed by fra/);
  });

  it('shows none of a name that none has', async () => {
    const { code, stderr } = await cli('evidence', 'show', 'shop-weekly', ...from());
    expect(code).toBe(1);
    expect(stderr).toContain('There is no report of shop-weekly that counts.');
  });

  it('prints the facts, and not the text, where somebody changed it', async () => {
    const before = await readFile(fileOf('.md'));
    await writeFile(fileOf('.md'), '# All is well\n');
    try {
      const { code, stdout, stderr } = await cli('evidence', 'show', first, ...from());
      expect(code).toBe(3);
      expect(stdout).not.toContain('All is well');
      expect(stdout).toContain('"verdict": "proven"');
      expect(stderr).toContain('is not the one that was signed');
    } finally {
      await writeFile(fileOf('.md'), before);
    }
  });
});

describe('evidence export', () => {
  it('gives a directory that is verified by itself, and by ssh-keygen', async () => {
    const target = join(place.directory, 'handed-over');
    const made = await cli(
      'evidence',
      'export',
      target,
      '--from',
      place.repository,
      '--trust',
      place.trust,
      '--since',
      '2025-01-01',
    );
    expect(made).toMatchObject({ code: 0 });
    expect((await readdir(target)).sort()).toEqual(['README.md', '_evidence', 'allowed_signers']);
    const trust = join(target, 'allowed_signers');
    expect(await cli('evidence', 'verify', target, '--trust', trust)).toMatchObject({ code: 0 });
    for (const extension of ['.json', '.json.sig', '.md'])
      expect(await readFile(join(target, '_evidence', `${first}${extension}`))).toEqual(
        await readFile(fileOf(extension)),
      );
    const again = await cli('evidence', 'export', target, '--from', place.repository, '--trust', place.trust);
    expect(again).toMatchObject({ code: 1 });
    await rm(target, { recursive: true });
  });

  it('leaves no half of it behind where it could not be written whole', async () => {
    // Paths have 4095 bytes at most: below this one the guide has a place, and the reports have none.
    const longest = 4070;
    const root = join(place.directory, 'deep');
    const part = 'x'.repeat(250);
    const parts = Math.floor((longest - root.length - 2) / (part.length + 1));
    const parent = join(root, ...Array.from({ length: parts }, () => part));
    const target = join(parent, 'y'.repeat(longest - parent.length - 1));
    await mkdir(parent, { recursive: true });
    const from = ['--from', place.repository, '--trust', place.trust, '--since', '2025-01-01'];
    const { code, stderr } = await cli('evidence', 'export', target, ...from);
    expect({ code, left: await readdir(parent) }).toEqual({ code: 1, left: [] });
    expect(stderr).toContain('The reports could not be written into');
  });
});
