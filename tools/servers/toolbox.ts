import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { readToolbox } from '../setup/cache.mjs';

export type ToolName =
  | 'temporal'
  | 'temporal-test-server'
  | 'seaweedfs'
  | 'versitygw'
  | 'ministack'
  | 'postgres-wheel'
  | 'kube-apiserver'
  | 'etcd'
  | 'kubectl';
export type PostgresMajor = 15 | 16 | 18;

/**
 * The absolute path of a program that set-up found.
 *
 * @throws HoldfastError `tool-missing` when set-up has not run
 */
export function toolPath(name: ToolName): string {
  const path = readToolbox().tools[name];
  if (path === undefined || !existsSync(path)) {
    throw new HoldfastError('tool-missing', `${name} is not set up on this machine.`, {
      hint: 'Run `npm run setup -- --for test`.',
    });
  }
  return path;
}

/**
 * The absolute path of Temporal's program: of set-up, else on PATH, where people have it who only use Holdfast.
 *
 * @throws HoldfastError `tool-missing`
 */
export function temporalPath(): string {
  const known = readToolbox().tools.temporal;
  if (known !== undefined && existsSync(known)) return known;
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '')) {
    const file = join(directory, 'temporal');
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there.
    }
  }
  throw new HoldfastError('tool-missing', 'The program `temporal` is not on this machine.', {
    hint: "Put Temporal's command line on the PATH (one file, from temporal.download or another machine), or run `npm run setup` where Holdfast's sources are.",
  });
}

/** The time-skipping Temporal server, for `TestWorkflowEnvironment.createTimeSkipping`. */
export function testServerPath(): string {
  return toolPath('temporal-test-server');
}

/** The directory of the client and server tools of a PostgreSQL: Debian's own, else the ready wheel's. */
export function postgresBin(major: PostgresMajor): string {
  const debian = `/usr/lib/postgresql/${major}/bin`;
  if (existsSync(join(debian, 'postgres'))) return debian;
  if (major === 15) {
    throw new HoldfastError('tool-missing', 'PostgreSQL 15 is not installed on this machine.', {
      hint: 'Run `npm run setup`.',
    });
  }
  const installations = dirname(dirname(dirname(toolPath('postgres-wheel'))));
  return join(installations, major === 16 ? 'pginstall' : 'pginstall18', 'bin');
}
