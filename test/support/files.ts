import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Paths of the files below a directory that have the given part in their path, relative and sorted. */
export async function pathsBelow(directory: string, part = ''): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + sep.length))
    .filter((path) => path.includes(part))
    .sort();
}

/** Names of the files of one backup in a filesystem repository, sorted. */
export async function filesOfBackup(directory: string, backupId: string): Promise<string[]> {
  return (await pathsBelow(directory, `/${backupId}/`)).map((path) => path.split(sep).at(-1) ?? path).sort();
}

/** How often a copy in a directory has been read, and how many of these readings have not ended, by its markers. */
export async function readingsOf(
  directory: string,
  backupId: string,
): Promise<{ begun: number; open: number }> {
  const names = await filesOfBackup(directory, backupId);
  const begun = names.filter((name) => name.startsWith('reading.')).length;
  return { begun, open: begun - names.filter((name) => name.startsWith('read.')).length };
}
