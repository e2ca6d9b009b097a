import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { formatBytes } from '../../policy/units.ts';
import type { ManifestFile } from '../../repository/manifest.ts';
import type { RestoreInput, WorkContext } from '../source.ts';
import { feed } from './archive.ts';

/**
 * Writes a dump, decrypted and decompressed, into a file of its own that only this user can read: several jobs of
 * pg_restore want to jump in it. It is removed with the work's directory at the latest.
 *
 * @throws HoldfastError `disk-full` before anything is written when it would not fit
 */
export async function dumpFile(input: RestoreInput, data: ManifestFile, work: WorkContext): Promise<string> {
  const { bavail, bsize } = await statfs(work.directory);
  const free = bavail * bsize;
  const needed = data.rawBytes ?? data.bytes;
  if (free < needed)
    throw new HoldfastError(
      'disk-full',
      `A restore with several jobs writes the dump into a file of ${formatBytes(needed)}, and ${formatBytes(free)} are free for it.`,
      { hint: "Use one job, which needs no file, or give the worker's work directory more space." },
    );
  const path = join(work.directory, `dump-${process.hrtime.bigint()}`);
  await (await open(path, 'wx', 0o600)).close();
  await feed(input, { command: 'dd', args: [`of=${path}`, 'bs=1M', 'conv=notrunc', 'status=none'] }, work);
  return path;
}
