import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Where tools are kept, outside the work tree: `$XDG_CACHE_HOME/holdfast/tools`, else `~/.cache/holdfast/tools`.
 * Root's own home is closed to others, but a PostgreSQL server refuses to run as root and must be able to read its
 * program: then it is `/var/cache/holdfast/tools`.
 *
 * @returns {string}
 */
export function cacheRoot() {
  const chosen = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holdfast', 'tools');
  return process.getuid?.() !== 0 || openToOthers(chosen) ? chosen : '/var/cache/holdfast/tools';
}

/** @param {string} path */
function openToOthers(path) {
  for (let place = path; place !== dirname(place); place = dirname(place)) {
    if (existsSync(place) && (statSync(place).mode & 0o001) === 0) return false;
  }
  return true;
}

/**
 * The cached directory of one version of a tool; made by `fill` in a private place and moved in whole, so that a
 * broken download never looks like a tool.
 *
 * @param {string} name
 * @param {(directory: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function cached(name, fill) {
  const target = join(cacheRoot(), name);
  if (existsSync(target)) return target;
  const draft = join(cacheRoot(), `.draft-${name}-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  try {
    await fill(draft);
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return target;
}

/**
 * What set-up found: for each tool the absolute path of its program (for a PostgreSQL, of its `bin` directory).
 *
 * @typedef {{ pins: string, tools: Record<string, string> }} Toolbox
 */

const toolboxFile = () => join(cacheRoot(), 'tools.json');

/**
 * Reads what the last set-up found; empty when there was none.
 *
 * @returns {Toolbox}
 */
export function readToolbox() {
  try {
    return JSON.parse(readFileSync(toolboxFile(), 'utf8'));
  } catch {
    return { pins: '', tools: {} };
  }
}

/** @param {Toolbox} toolbox */
export function writeToolbox(toolbox) {
  const draft = `${toolboxFile()}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(toolbox, null, 2)}\n`);
  renameSync(draft, toolboxFile());
}
