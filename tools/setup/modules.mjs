import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './say.mjs';
import { run } from './shell.mjs';

/** @param {string} project */
export function modulesAreCurrent(project) {
  const installed = join(project, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(project, 'package-lock.json')).mtimeMs
  );
}

/**
 * Installs exactly what package-lock.json names, when node_modules is missing or older.
 *
 * @param {string} project
 */
export async function installModules(project) {
  if (modulesAreCurrent(project)) return false;
  await timed('npm packages', () =>
    run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project }),
  );
  return true;
}
