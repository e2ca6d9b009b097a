import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Files below a directory of the project, as paths relative to the project, sorted.
 *
 * @param {string} project
 * @param {string} folder
 * @returns {string[]}
 */
export function filesOf(project, folder) {
  if (!existsSync(join(project, folder))) return [];
  return readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
    .sort();
}

/**
 * One hash over names, sizes and times: changes when any of the files does.
 *
 * @param {string} project
 * @param {string[]} files
 */
export function stampOf(project, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(project, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * Copies what is read at run time and is not code: schemas, templates.
 *
 * @param {string} project
 * @param {string[]} files
 */
export function copyAssets(project, files) {
  for (const file of files) {
    if (/\.[cm]?[jt]s$/.test(file)) continue;
    mkdirSync(dirname(join(project, 'dist', file)), { recursive: true });
    copyFileSync(join(project, file), join(project, 'dist', file));
  }
}

/**
 * Removes what was built from sources that are gone.
 *
 * @param {string} project
 * @param {string[]} folders
 */
export function prune(project, folders) {
  for (const folder of folders) {
    for (const built of filesOf(project, join('dist', folder))) {
      const source = join(project, built.slice('dist/'.length).replace(/\.map$/, ''));
      const candidates = [source, source.replace(/\.js$/, '.ts')];
      if (!candidates.some((candidate) => existsSync(candidate))) rmSync(join(project, built));
    }
  }
}
