import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A command to run. `argv` must hold no secret (law 7): secrets go by `env` or `stdin`. */
export type CommandSpec = {
  command: string;
  args: string[];
  /** Added to the minimal environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Runs as another user, where the tool refuses root. */
  user?: { uid: number; gid: number };
};

const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_LIBRARY_PATH',
];

/**
 * Messages in English, since some are read. And a shell level above the first: a bash whose stdin is a socket, as all
 * are here, otherwise takes itself for a remote login and runs the user's ~/.bashrc.
 */
const fixed = { LC_MESSAGES: 'C', SHLVL: '1' } as const;

/** What a child process gets of our environment: enough to find tools, and no secret of ours. */
export function minimalEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const environment: Record<string, string> = { ...fixed };
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  // LC_ALL would overrule LC_MESSAGES; as LANG it still tells the encoding.
  if (process.env.LC_ALL) environment.LANG = process.env.LC_ALL;
  return { ...environment, ...extra };
}

/** Starts a command as the leader of a process group of its own, its stdout and stderr on pipes to us. */
export function spawnGroup(spec: CommandSpec, stdin: 'ignore' | 'pipe' | Readable): ChildProcess {
  return spawn(spec.command, spec.args, {
    stdio: [stdin, 'pipe', 'pipe'],
    detached: true,
    env: minimalEnvironment(spec.env),
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.user === undefined ? {} : spec.user),
  });
}

/** Ends a process and everything that it started; it must have been spawned detached. */
export function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
