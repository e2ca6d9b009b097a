import { execa } from 'execa';
import { HoldfastError } from '../policy/errors.ts';

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

export type RunResult = { stdout: string; stderr: string };

const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'LD_LIBRARY_PATH',
];

/** What a child process gets of our environment: enough to find tools, and no secret of ours. */
export function minimalEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const environment: Record<string, string> = { LC_MESSAGES: 'C' };
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}

/**
 * Runs one command to its end and gives its output (at most 64 MiB of each). Its whole process group ends with the
 * signal or the time limit.
 *
 * @throws HoldfastError `tool-missing` when there is no such program, `process-failed` on a non-zero exit (with the
 *   tail of stderr), `interrupted` on the signal, `stalled` after `timeout` seconds.
 */
export async function run(
  spec: CommandSpec,
  options: {
    signal?: AbortSignal;
    timeout?: number;
    stdin?: string | Uint8Array;
    okExitCodes?: number[];
  } = {},
): Promise<RunResult & { exitCode: number }> {
  const child = execa(spec.command, spec.args, {
    env: minimalEnvironment(spec.env),
    extendEnv: false,
    reject: false,
    detached: true,
    cleanup: false,
    maxBuffer: 64 * 2 ** 20,
    stripFinalNewline: false,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    ...(spec.user === undefined ? {} : spec.user),
    ...(options.stdin === undefined ? { stdin: 'ignore' } : { input: options.stdin }),
  });
  let timedOut = false;
  const stop = () => killGroup(child.pid);
  const expire = () => {
    timedOut = true;
    stop();
  };
  const timer = options.timeout === undefined ? undefined : setTimeout(expire, options.timeout * 1000);
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const result = await child;
    if (options.signal?.aborted) throw new HoldfastError('interrupted', `${spec.command} was stopped.`);
    if (timedOut)
      throw new HoldfastError('stalled', `${spec.command} did not end within ${options.timeout} seconds.`);
    if (result.code === 'ENOENT') throw toolMissing(spec.command);
    if (result.isMaxBuffer)
      throw new HoldfastError('process-failed', `${spec.command} gave more than 64 MiB of output.`);
    const exitCode = result.exitCode ?? -1;
    if (!(options.okExitCodes ?? [0]).includes(exitCode)) {
      throw new HoldfastError(
        'process-failed',
        describeExit(spec.command, result.exitCode, result.signal, String(result.stderr)),
      );
    }
    return { stdout: String(result.stdout), stderr: String(result.stderr), exitCode };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

export function toolMissing(command: string): HoldfastError {
  return new HoldfastError(
    'tool-missing',
    `${command} is not installed on this worker, or not on its PATH.`,
    {
      hint: 'Install it (`holdfast doctor` lists what each zone lacks).',
    },
  );
}

/** One sentence on how a process ended, with the last lines of its stderr. */
export function describeExit(
  command: string,
  exitCode: number | null | undefined,
  signal: string | null | undefined,
  stderr: string,
): string {
  const how = signal ? `was killed by ${signal}` : `ended with exit status ${exitCode ?? 'unknown'}`;
  const tail = stderr.trim().split('\n').slice(-5).join('\n').slice(-2000);
  return tail === '' ? `${command} ${how}.` : `${command} ${how}: ${tail}`;
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
