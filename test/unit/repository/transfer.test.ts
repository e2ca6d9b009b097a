import { createHash } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { copyFile } from '../../../repository/transfer.ts';
import { inDirectory } from '../../support/keys.ts';
import { filesIn, interceptUploads, openTestStore } from '../../support/stores.ts';

const key = 'shop/2026/11/21/20261121T010000Z-1a2b3c4d/data-0a1b2c.dump';
const data = Buffer.alloc(5_000_000, 'backup');
const expected = { bytes: data.length, sha256: createHash('sha256').update(data).digest('hex') };

const pair = async (directory: string) => {
  const from = await openTestStore(directory, 'local');
  const to = await openTestStore(directory, 'offsite');
  await from.putIfAbsent(key, data);
  return { from, to };
};
const input = { key, ...expected, stallSeconds: 30, signal: new AbortController().signal };

describe('catching up a copy from a good one', () => {
  it('gives the same bytes', () =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      expect(await copyFile({ ...input, from, to })).toEqual({
        outcome: 'copied',
        receipt: { bytes: data.length },
      });
      expect((await readFile(join(to.path, key))).equals(data)).toBe(true);
    }));

  it('finds what an earlier attempt has finished after all', () =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      await copyFile({ ...input, from, to });
      expect(await copyFile({ ...input, from, to })).toEqual({ outcome: 'present' });
    }));

  it.each([
    ['changed', (path: string) => writeFile(path, Buffer.alloc(data.length, 'BACKUP')), 'has SHA-256'],
    ['cut short', (path: string) => truncate(path, 4_999_999), 'has 4999999 bytes'],
    ['longer', (path: string) => writeFile(path, 'x', { flag: 'a' }), 'has 5000001 bytes'],
  ])('never finishes one whose source was %s', (_, damage, message) =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      await damage(join(from.path, key));
      await expect(copyFile({ ...input, from, to })).rejects.toMatchObject({
        code: 'corrupt-copy',
        message: expect.stringContaining(message),
      });
      expect(await filesIn(to.path)).toEqual([]);
    }),
  );

  it('refuses a target that holds other bytes under the name', () =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      await to.putIfAbsent(key, Buffer.alloc(data.length));
      await expect(copyFile({ ...input, from, to })).rejects.toThrow('Repository offsite');
    }));

  it('says that the source is missing', () =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      await from.remove(key);
      await expect(copyFile({ ...input, from, to })).rejects.toMatchObject({
        code: 'corrupt-copy',
        message: `Repository local: ${key} is missing.`,
      });
    }));

  it('fails when the target stalls', () =>
    inDirectory(async (directory) => {
      const { from, to } = await pair(directory);
      const stuck = interceptUploads(to, { write: () => new Promise(() => undefined) });
      await expect(copyFile({ ...input, from, to: stuck, stallSeconds: 0.2 })).rejects.toMatchObject({
        code: 'stalled',
      });
      expect(await filesIn(to.path)).toEqual([]);
    }));
});
