import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ManifestFile } from '../../../repository/manifest.ts';
import { dumpFile } from '../../../sources/postgres/dump-file.ts';
import type { WorkContext } from '../../../sources/source.ts';

let work: WorkContext;

beforeEach(async () => {
  work = {
    signal: new AbortController().signal,
    directory: await mkdtemp(join(tmpdir(), 'hf-dump-')),
    secret: async () => '',
    log: () => undefined,
  };
});

afterEach(() => rm(work.directory, { recursive: true }));

const file = (rawBytes: number | null): ManifestFile => ({
  ...{ name: 'data.dump', role: 'data', stages: [], rawBytes, bytes: 5, sha256: '0'.repeat(64) },
});

async function* stored() {
  yield Buffer.from('dump ');
  yield Buffer.from('dump');
}

it('writes what comes into a file that only its user can read', async () => {
  const path = await dumpFile({ undo: [], stored: stored() }, file(9), work);
  expect(await readFile(path, 'utf8')).toBe('dump dump');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('refuses what would not fit before anything is written', async () => {
  await expect(dumpFile({ undo: [], stored: stored() }, file(2 ** 60), work)).rejects.toThrow(
    /writes the dump into a file of 1024 PiB, and .* are free for it/,
  );
  expect(await readdir(work.directory)).toEqual([]);
});
