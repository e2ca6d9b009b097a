import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../policy/errors.ts';
import { type CommandSpec, describeExit, killGroup, minimalEnvironment, toolMissing } from './run.ts';

/** How one process of a pipeline ended well; `stderr` is the tail of what it said. */
export type StageExit = { command: string; stderr: string };

export type Pipeline = {
  /** Bytes into the first process; present only with `feed: true`. */
  stdin: Writable | null;
  /** Bytes out of the last process. */
  stdout: Readable;
  /**
   * Resolves when every process has exited with status 0 and closed its output; rejects with the first failure's
   * `process-failed` (that process's stderr), after the whole pipeline was killed and is gone (law 2).
   */
  done: Promise<StageExit[]>;
  /** Process ids, for facts such as /proc/<pid>/io. */
  pids: (number | undefined)[];
  kill(): void;
};

const stderrLimit = 64 * 1024;

/**
 * Starts processes connected by the operating system's own pipes: bytes between them never pass through Node.
 * Each is the leader of a process group of its own, and all groups end with the signal or the first failure.
 */
export function startPipeline(
  specs: CommandSpec[],
  options: { signal?: AbortSignal; feed?: boolean } = {},
): Pipeline {
  const children: ChildProcess[] = [];
  let killed = false;
  const kill = () => {
    killed = true;
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
  };
  let upstream: Readable | null = null;
  for (const [index, spec] of specs.entries()) {
    const input: 'ignore' | 'pipe' | Readable = upstream ?? (index === 0 && options.feed ? 'pipe' : 'ignore');
    const child: ChildProcess = spawn(spec.command, spec.args, {
      stdio: [input, 'pipe', 'pipe'],
      detached: true,
      env: minimalEnvironment(spec.env),
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.user === undefined ? {} : spec.user),
    });
    // Our end must go, else the upstream process gets no SIGPIPE when its reader dies.
    upstream?.destroy();
    upstream = child.stdout;
    children.push(child);
  }
  const first = children[0];
  if (first === undefined || upstream === null) throw new Error('a pipeline needs at least one command');

  const exits = children.map((child, index) =>
    stageExit(child, specs[index]?.command ?? 'process', () => killed),
  );
  let failure: unknown;
  for (const exit of exits) {
    exit.catch((error: unknown) => {
      failure = worse(failure, error);
      kill();
    });
  }
  const onAbort = () => kill();
  if (options.signal?.aborted) kill();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const done = Promise.allSettled(exits).then((results) => {
    options.signal?.removeEventListener('abort', onAbort);
    if (options.signal?.aborted)
      throw new HoldfastError('interrupted', `${specs[0]?.command ?? 'The pipeline'} was stopped.`);
    if (failure !== undefined) throw failure;
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  });
  done.catch(() => undefined);
  return {
    stdin: options.feed ? first.stdin : null,
    stdout: upstream,
    done,
    pids: children.map((child) => child.pid),
    kill,
  };
}

class StageFailure extends HoldfastError {
  /** Died of a broken pipe or of our own kill: a neighbour tells the cause. */
  readonly victim: boolean;
  constructor(message: string, victim: boolean) {
    super('process-failed', message);
    this.victim = victim;
  }
}

/** The first failure counts, unless it was only a consequence of a neighbour's. */
function worse(current: unknown, next: unknown): unknown {
  if (current === undefined) return next;
  return current instanceof StageFailure && current.victim && !(next instanceof StageFailure && next.victim)
    ? next
    : current;
}

function stageExit(child: ChildProcess, command: string, killedByUs: () => boolean): Promise<StageExit> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrLimit);
  });
  child.stdin?.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT'
          ? toolMissing(command)
          : new HoldfastError('process-failed', `${command} could not be started: ${error.message}`),
      );
    });
    let exited: { code: number | null; signal: NodeJS.Signals | null } | undefined;
    const settle = () => {
      if (exited === undefined) return;
      if (exited.code === 0) resolve({ command, stderr });
      else {
        const victim =
          exited.signal === 'SIGPIPE' ||
          /broken pipe/i.test(stderr) ||
          (exited.signal === 'SIGKILL' && killedByUs());
        reject(new StageFailure(describeExit(command, exited.code, exited.signal, stderr), victim));
      }
    };
    // 'close' would wait for our copy of stdout to be read to its end; the exit status is known before.
    child.once('exit', (code, signal) => {
      exited = { code, signal };
      if (child.stderr === null || child.stderr.readableEnded) settle();
      else child.stderr.once('close', settle);
    });
  });
}
