import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cacheRoot } from './cache.mjs';
import { say } from './say.mjs';

/**
 * Runs work while no other set-up of this user runs: a second one waits, and then finds everything done.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(work) {
  mkdirSync(cacheRoot(), { recursive: true, mode: 0o755 });
  const lock = join(cacheRoot(), '.setup.lock');
  for (let told = false; !take(lock); told = true) {
    if (!told) say('Another set-up or build is running; waiting for it.');
    await wait(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!ownerLives(lock)) rmSync(lock, { force: true });
    return false;
  }
}

/** @param {string} lock */
function ownerLives(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // An empty file is a lock whose owner is just writing its number.
    return pid === 0 || (pid !== process.pid && process.kill(pid, 0));
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
