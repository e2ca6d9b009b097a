import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, SetupError, works } from './shell.mjs';

/**
 * A program written in Python, with everything that it imports. `sha256` has each distribution as pip names it
 * (`h11==0.16.0`) with the checksums of its wheels: one, or one for each platform and Python that it is compiled for.
 *
 * @typedef {{ program: string, atLeast: string, sha256: Record<string, string[]> }} PythonProgram
 */

/**
 * Installs pinned wheels into a directory of their own, which goes into PYTHONPATH when the program is started. pip
 * checks every file and refuses to add one that has no checksum here.
 *
 * @param {PythonProgram} program
 * @param {string} directory
 * @throws {SetupError} when Python is missing or too old, a download fails, or a file isn't a pinned one
 */
export async function installPython({ atLeast, sha256 }, directory) {
  const isNewEnough = `import sys; sys.exit(sys.version_info < (${atLeast.replaceAll('.', ', ')}))`;
  if (!(await works('python3', ['-c', isNewEnough]))) {
    throw new SetupError(`Python ${atLeast} or newer is needed on your PATH as python3.`);
  }
  const requirements = join(directory, 'requirements.txt');
  writeFileSync(requirements, Object.entries(sha256).map(requirement).join(''));
  const from = ['--requirement', requirements, '--require-hashes', '--no-deps', '--only-binary=:all:'];
  const quietly = ['--quiet', '--no-warn-script-location', '--root-user-action=ignore'];
  await run('python3', ['-m', 'pip', 'install', ...quietly, ...from, '--target', directory]);
  // Another user must be able to run it.
  await run('chmod', ['-R', 'a+rX', directory]);
}

/** @param {[distribution: string, hashes: string[]]} pin */
function requirement([distribution, hashes]) {
  return `${distribution}${hashes.map((hash) => ` --hash=sha256:${hash}`).join('')}\n`;
}
