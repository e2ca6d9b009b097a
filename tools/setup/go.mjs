import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './shell.mjs';

/**
 * A program that is built with Go. `module` names a directory of tools/ whose go.mod and go.sum hold the exact version
 * and checksum of everything that goes into it, where a package can't be built by its own go.mod alone. `stamp` is the
 * variable in which the program keeps its version.
 *
 * @typedef {{ package: string, version: string, program: string, module?: string, stamp?: string }} GoProgram
 */

const tools = dirname(import.meta.dirname);

/**
 * Builds a program with settings of our own and the network settings of this machine. Its build cache is thrown away.
 *
 * @param {string} go the absolute path of Go
 * @param {GoProgram} build
 * @param {string} directory the program goes there
 * @throws {import('./shell.mjs').SetupError} with what Go said
 */
export async function buildWithGo(go, build, directory) {
  const work = mkdtempSync(join(tmpdir(), 'holdfast-go-'));
  try {
    await run(go, argsOf(build, directory), {
      env: {
        GOBIN: directory,
        CGO_ENABLED: '0',
        GOFLAGS: '',
        GOTOOLCHAIN: 'auto',
        GOCACHE: join(work, 'build'),
      },
      cwd: build.module === undefined ? work : join(tools, build.module),
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {GoProgram} build
 * @param {string} directory
 */
function argsOf({ package: name, version, program, module, stamp }, directory) {
  const common = ['-trimpath', '-modcacherw'];
  if (module === undefined) return ['install', ...common, `${name}@v${version}`];
  const flags = ['-s', '-w', ...(stamp === undefined ? [] : ['-X', `${stamp}=v${version}`])];
  // A build inside a work tree would otherwise look for the tree's own version.
  return [
    'build',
    ...common,
    '-buildvcs=false',
    '-ldflags',
    flags.join(' '),
    '-o',
    join(directory, program),
    name,
  ];
}
