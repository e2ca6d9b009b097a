import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import { killGroup, minimalEnvironment, tiedToUs } from '../../process/index.ts';
import type { WorkContext } from '../source.ts';
import { initialise, scratchPort, serverUser, superuser, type User } from './cluster-data.ts';
import { connect, type Target } from './connection.ts';
import { writeOwner } from './scratch-owner.ts';
import type { Installation } from './tools.ts';

/** A private PostgreSQL that lives in one directory and ends with this worker. */
export type Cluster = {
  directory: string;
  tools: Installation;
  /** How to reach a database of it. */
  target(database: string): Target;
  /** Ends the server and removes the directory; verifies both. Safe to call twice. */
  destroy(): Promise<void>;
};

/** What a private server is made of, and how it is reached then. */
export type Filling = {
  /** Makes the directory `data` below the given one. */
  fill(directory: string, user: User | null): Promise<void>;
  /** Arguments of the server besides its directory. */
  args(directory: string): string[];
  target(directory: string, database: string): Target;
  /** Seconds until it takes connections. */
  readyWithin: number;
};

export const scratchPrefix = 'holdfast-scratch-';

/** Where scratch places are made: HOLDFAST_SCRATCH_DIR, else the system's directory for temporary files. */
export function scratchBase(): string {
  return process.env.HOLDFAST_SCRATCH_DIR ?? tmpdir();
}

/**
 * Starts a server that listens on a socket in its own private directory and nowhere else.
 *
 * @param filling what is in it; absent: a new, empty cluster
 * @throws HoldfastError `bad-usage` when the scratch directory's path is too long for a socket, `tool-missing` when
 *   we are root and there is no user to run a server as, `process-failed` with the server's log when it won't start.
 */
export async function startCluster(
  tools: Installation,
  workflowId: string,
  work: WorkContext,
  filling: Filling = newCluster(tools, work),
): Promise<Cluster> {
  const directory = await mkdtemp(join(scratchBase(), scratchPrefix));
  let server: ChildProcess | null = null;
  const destroy = async () => {
    if (server !== null) await stopServer(server);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    if (await exists(directory))
      throw new HoldfastError('process-failed', `The scratch place ${directory} could not be removed.`, {
        hint: 'Remove it by hand.',
      });
  };
  try {
    await writeOwner(directory, workflowId);
    requireShortPath(directory);
    const user = await serverUser();
    if (user !== null) await chown(directory, user.uid, user.gid);
    await filling.fill(directory, user);
    server = await spawnServer(directory, tools, user, filling.args(directory));
    const target = (database: string) => filling.target(directory, database);
    await waitUntilReady(server, directory, target('postgres'), filling.readyWithin, work);
    return { directory, tools, target, destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

function newCluster(tools: Installation, work: WorkContext): Filling {
  const passwordFile = (directory: string) => join(directory, 'password');
  return {
    fill: (directory, user) => initialise(directory, passwordFile(directory), tools, user, work),
    args: () => [],
    target: (directory, database) => ({
      name: 'scratch',
      host: directory,
      port: scratchPort,
      database,
      user: superuser,
      password: { file: passwordFile(directory) },
      ssl: { mode: 'disable' },
      lockTimeout: 60,
    }),
    readyWithin: 60,
  };
}

function requireShortPath(directory: string): void {
  if (Buffer.byteLength(join(directory, `.s.PGSQL.${scratchPort}`)) < 100) return;
  throw new HoldfastError('bad-usage', `The path ${directory} is too long for a socket.`, {
    hint: 'Set HOLDFAST_SCRATCH_DIR to a directory with a shorter path.',
  });
}

async function spawnServer(
  directory: string,
  tools: Installation,
  user: User | null,
  args: string[],
): Promise<ChildProcess> {
  const spec = await tiedToUs({
    command: join(tools.directory, 'postgres'),
    args: ['-D', join(directory, 'data'), ...args],
  });
  const log = await open(join(directory, 'log'), 'a', 0o600);
  try {
    const server = spawn(spec.command, spec.args, {
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      cwd: directory,
      env: minimalEnvironment({ LC_ALL: 'C' }),
      ...(user === null ? {} : user),
    });
    server.on('error', () => undefined);
    return server;
  } finally {
    await log.close();
  }
}

async function waitUntilReady(
  server: ChildProcess,
  directory: string,
  target: Target,
  within: number,
  work: WorkContext,
): Promise<void> {
  const deadline = Date.now() + within * 1000;
  for (;;) {
    try {
      const client = await connect(target, work);
      await client.end();
      await chmod(directory, 0o700);
      return;
    } catch (error) {
      const retry = error instanceof HoldfastError && error.code === 'unreachable';
      if (retry && isRunning(server) && Date.now() < deadline) {
        await delay(50);
        continue;
      }
      if (!retry) throw error;
      const log = await readFile(join(directory, 'log'), 'utf8').catch(() => '');
      throw new HoldfastError(
        'process-failed',
        `The scratch server did not start: ${log.trim().slice(-1000)}`,
      );
    }
  }
}

function isRunning(server: ChildProcess): boolean {
  return server.pid !== undefined && server.exitCode === null && server.signalCode === null;
}

/** At once, without writing anything; by force when that takes more than ten seconds. */
async function stopServer(server: ChildProcess): Promise<void> {
  if (!isRunning(server)) return;
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const force = setTimeout(() => killGroup(server.pid), 10_000);
  server.kill('SIGQUIT');
  await gone;
  clearTimeout(force);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
