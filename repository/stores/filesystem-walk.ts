import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { systemCode } from './filesystem-errors.ts';
import { compareKeys, partPrefix } from './keys.ts';

/** A file found, with its key; the caller asks for its size only where it needs it. */
export type Found = { key: string; path: string };

/**
 * Every file whose key starts with the prefix, in the order of keys. Holds one directory's names per level in memory.
 * Any directory that can't be read throws, so that a walk never ends early; unfinished files are left out unless
 * `unfinished` asks for them alone.
 */
export async function* walk(root: string, prefix: string, unfinished = false): AsyncGenerator<Found> {
  const cut = prefix.lastIndexOf('/') + 1;
  yield* walkFolder(root, prefix.slice(0, cut), prefix.slice(cut), unfinished);
}

async function* walkFolder(
  root: string,
  folder: string,
  nameStart: string,
  unfinished: boolean,
): AsyncGenerator<Found> {
  for (const entry of await orderedEntries(root, folder)) {
    const isPart = entry.name.startsWith(partPrefix);
    if (!unfinished && !entry.name.startsWith(nameStart)) continue;
    if (entry.directory) yield* walkFolder(root, `${folder}${entry.name}/`, '', unfinished);
    else if (isPart === unfinished)
      yield { key: `${folder}${entry.name}`, path: join(root, folder, entry.name) };
  }
}

/** Names directly below a folder, a directory sorting as if it ended in a slash: that is the order of keys. */
async function orderedEntries(root: string, folder: string): Promise<{ name: string; directory: boolean }[]> {
  const entries = await readFolder(join(root, folder));
  return entries
    .filter((entry) => !(folder === '' && entry.name === 'lost+found'))
    .map((entry) => ({ name: entry.name, directory: isDirectory(entry, join(root, folder)) }))
    .sort((left, right) =>
      compareKeys(left.name + (left.directory ? '/' : ''), right.name + (right.directory ? '/' : '')),
    );
}

/** A folder that is not there holds nothing; that the root itself is there is the caller's to check. */
async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function isDirectory(entry: Dirent, parent: string): boolean {
  if (entry.isDirectory()) return true;
  if (entry.isFile()) return false;
  throw new HoldfastError(
    'not-a-repository',
    `${join(parent, entry.name)} is neither a file nor a directory.`,
    {
      hint: 'Links are not followed inside a repository: mount or bind the other place there, or remove the link.',
    },
  );
}

/** Directories directly below a folder that hold at least one finished file, in order. */
export async function foldersBelow(root: string, folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await orderedEntries(root, folder)) {
    if (entry.directory && (await holdsFile(root, `${folder}${entry.name}/`))) names.push(entry.name);
  }
  return names;
}

async function holdsFile(root: string, folder: string): Promise<boolean> {
  for await (const _found of walk(root, folder)) return true;
  return false;
}

/** Size and time of a file; null when it has gone meanwhile. */
export async function factsOf(path: string): Promise<{ bytes: number; modifiedAt: Date } | null> {
  try {
    const facts = await stat(path);
    return { bytes: facts.size, modifiedAt: facts.mtime };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
