import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { HoldfastError, sentenceOf } from '../../policy/errors.ts';
import { minimalEnvironment } from '../../process/index.ts';
import { eventually } from './wait.ts';

export type ServerSpec = {
  /** As people call it, for errors. */
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Runs as another user; only root may ask for it. */
  user?: { uid: number; gid: number };
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** A real request; throws while the server is not ready. */
  ready(): Promise<unknown>;
};

/** A server that can be stopped, killed and started again with the same data and ports. */
export type ServerProcess = {
  /** Starts it and waits until it answers a real request, at most 60 seconds. */
  start(): Promise<void>;
  /** Asks it to end, and kills it when it has not ended after 10 seconds. */
  stop(): Promise<void>;
  /** SIGKILL, as in a power cut. */
  kill(): Promise<void>;
  pid(): number | undefined;
};

/** A server that runs, as those who use it see it. */
export type RunningServer = {
  /** Ends it, and takes away what it needed. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart`. */
  kill(): Promise<void>;
  /** With the same data and ports. */
  restart(): Promise<void>;
};

const readyWithin = 60;
const stopWithin = 10;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/** Prepares a server; nothing runs before `start`. It ends with this process, however this process ends. */
export function serverProcess(spec: ServerSpec): ServerProcess {
  let child: ChildProcess | undefined;
  let log = '';
  const end = async (signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => {
    if (child === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    signalGroup(child, signal);
    const timer = setTimeout(signalGroup, stopWithin * 1000, child, 'SIGKILL');
    await ended;
    clearTimeout(timer);
  };
  return {
    async start() {
      const started = launch(spec, (text) => {
        log = (log + text).slice(-8192);
      });
      child = started;
      const fallen = () => (hasEnded(started) ? notReady(spec.name, 'it ended', log) : undefined);
      await eventually(spec.ready, readyWithin, fallen).catch(async (error: unknown) => {
        await end('SIGKILL');
        throw fallen() ?? notReady(spec.name, sentenceOf(error), log);
      });
    },
    stop: () => end(spec.stopSignal),
    kill: () => end('SIGKILL'),
    pid: () => child?.pid,
  };
}

/**
 * Starts a server. `cleanUp` takes away what it needed, once it was stopped or did not start. An orderly end takes
 * seconds, and only matters to data that outlives the server: others are killed by `stop`.
 */
export async function startServer(
  spec: ServerSpec,
  { dataStays, cleanUp }: { dataStays: boolean; cleanUp(): Promise<void> },
): Promise<RunningServer> {
  const server = serverProcess(spec);
  try {
    await server.start();
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return {
    stop: () => (dataStays ? server.stop() : server.kill()).finally(cleanUp),
    kill: () => server.kill(),
    restart: () => server.stop().then(() => server.start()),
  };
}

function launch(spec: ServerSpec, onOutput: (text: string) => void): ChildProcess {
  const [command, ...args] = [...guard(spec.user), spec.command, ...spec.args];
  const child = spawn(command ?? spec.command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C goes to whoever started the servers, who then stops them in order.
    detached: true,
    env: minimalEnvironment(spec.env),
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  running.add(child);
  child.once('error', (error) => onOutput(error.message));
  child.once('exit', () => running.delete(child));
  return child;
}

/** On Linux the kernel kills the server when we die, even by SIGKILL. */
function guard(user: ServerSpec['user']): string[] {
  if (process.platform !== 'linux') return [];
  const identity = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  return ['setpriv', '--pdeathsig', 'KILL', ...identity, '--'];
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void {
  if (child.pid === undefined || hasEnded(child)) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

function notReady(name: string, why: string, log: string): HoldfastError {
  const tail = log.trim().split('\n').slice(-15).join('\n');
  return new HoldfastError(
    'process-failed',
    `${name} did not become ready: ${why}. Its log ends with:\n${tail}`,
  );
}
