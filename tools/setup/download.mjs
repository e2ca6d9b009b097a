import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256Of } from './checksum.mjs';
import { DownloadError } from './shell.mjs';

/**
 * What the Temporal SDK would download by itself: `from` tells, for a version, where the archive for a platform is and
 * which file in it is the program. `sha256` is of that program, as the wheel of the same version packs it: the one
 * thing that both sources have in common.
 *
 * @typedef {{ from: string, version: string, sha256: Record<string, string> }} Download
 */

/** The longest silence, in milliseconds: for a connection, an answer, and between any two pieces of it. */
const patience = 5000;

const platforms = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin' });
const architectures = /** @type {Record<string, string>} */ ({ x64: 'amd64', arm64: 'arm64' });

/**
 * Downloads a program and checks it against its pinned SHA-256; another file is removed.
 *
 * @param {Download} download
 * @param {string} file where the program goes
 * @throws {DownloadError} when the server can't be reached or falls silent, has no such program, or sends another one
 */
export async function downloadProgram({ from, version, sha256 }, file) {
  const expected = sha256[`${process.platform}-${process.arch}`];
  if (expected === undefined)
    throw new DownloadError('the download has no pinned checksum for this platform');
  const { host } = new URL(from);
  const quiet = new AbortController();
  const timer = setTimeout(() => quiet.abort(), patience);
  try {
    const { archiveUrl, fileToExtract } = await ask(`${from}/${version}?${platformQuery()}`, quiet.signal);
    timer.refresh();
    const archive = await get(archiveUrl, quiet.signal);
    mkdirSync(dirname(file), { recursive: true });
    await extract(archive, () => timer.refresh(), fileToExtract, file, quiet.signal);
    const actual = await sha256Of(file);
    if (actual === expected) return;
    throw new DownloadError(
      `what ${host} sent is not the pinned file (its SHA-256 is ${actual}, expected ${expected}): thrown away`,
    );
  } catch (error) {
    rmSync(file, { force: true });
    if (error instanceof DownloadError) throw error;
    throw new DownloadError(`no download from ${host}: ${quiet.signal.aborted ? silence : reasonOf(error)}`);
  } finally {
    clearTimeout(timer);
    quiet.abort();
  }
}

const silence = `nothing came for ${patience / 1000} s`;

/** @param {unknown} error `fetch` says only that it failed; its cause says why */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function platformQuery() {
  const [platform, arch] = [platforms[process.platform] ?? '', architectures[process.arch] ?? ''];
  return new URLSearchParams({ arch, platform, format: 'tar.gz' });
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<{ archiveUrl: string, fileToExtract: string }>}
 */
async function ask(url, signal) {
  const answer = /** @type {{ archiveUrl?: unknown, fileToExtract?: unknown }} */ (
    await new Response(await get(url, signal)).json()
  );
  const { archiveUrl, fileToExtract } = answer;
  if (typeof archiveUrl === 'string' && typeof fileToExtract === 'string')
    return { archiveUrl, fileToExtract };
  throw new Error(`${url} doesn't say where the archive is`);
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function get(url, signal) {
  const response = await fetch(url, { signal });
  if (response.ok && response.body !== null) return response.body;
  throw new Error(`${url} answered ${response.status}`);
}

/**
 * Writes one member of a .tar.gz to a file, and nothing else of it anywhere.
 *
 * @param {import('node:stream/web').ReadableStream} archive
 * @param {() => void} onBytes
 * @param {string} member
 * @param {string} file
 * @param {AbortSignal} signal
 */
async function extract(archive, onBytes, member, file, signal) {
  const tar = spawn('tar', ['-xzOf', '-', '--', member], { stdio: ['pipe', 'pipe', 'ignore'], signal });
  const [[status]] = await Promise.all([
    once(tar, 'close'),
    pipeline(archive, heard(onBytes), tar.stdin, { signal }),
    pipeline(tar.stdout, createWriteStream(file, { mode: 0o755 })),
  ]);
  if (status !== 0) throw new Error(`the archive has no readable ${member}`);
}

/** @param {() => void} onBytes */
function heard(onBytes) {
  return async function* (/** @type {AsyncIterable<Uint8Array>} */ pieces) {
    for await (const piece of pieces) {
      onBytes();
      yield piece;
    }
  };
}
