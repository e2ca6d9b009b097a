import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../policy/errors.ts';
import { type CommandSpec, killGroup, spawnGroup } from './command.ts';
import {
  causeOf,
  lostItsReader,
  type StageEnd,
  stageError,
  stageFailed,
  startErrorOf,
  watchStage,
} from './stage.ts';

/** How one process of a pipeline ended well; `stderr` is the tail of what it said. */
export type StageExit = { command: string; stderr: string };

export type Pipeline = {
  /** Bytes into the first process; present only with `feed: true`. A writer sees EPIPE when the process is gone. */
  stdin: Writable | null;
  /** Bytes out of the last process. Read it to its end or destroy it, else `done` waits for ever. */
  stdout: Readable;
  /**
   * Resolves when every process has exited with status 0; rejects with the failure that explains the others
   * (`process-failed` with that process's stderr, or `tool-missing`), or `interrupted` on the signal, after the
   * whole pipeline was killed and is gone (law 2). Never an unhandled rejection.
   */
  done: Promise<StageExit[]>;
  /** Process ids, for facts such as /proc/<pid>/io. */
  pids: (number | undefined)[];
  kill(): void;
};

/** How long the others get to end by themselves after one that may only have lost its reader. */
const causeGraceMs = 2000;

/**
 * Starts processes connected by the operating system's own socket pairs: bytes between them never pass through Node.
 * (A tool that opens /dev/stdin by name can't stand in a pipeline: sockets can't be opened so.)
 * Each is the leader of a process group of its own, and all groups end with the signal or the first failure.
 */
export function startPipeline(
  specs: CommandSpec[],
  options: { signal?: AbortSignal; feed?: boolean } = {},
): Pipeline {
  const children = spawnConnected(specs, options.feed === true);
  const stdin = children[0]?.stdin ?? null;
  const stdout = children.at(-1)?.stdout;
  if (stdout === undefined || stdout === null) throw new Error('a pipeline needs at least one command');

  let killed = false;
  const kill = () => {
    killed = true;
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
  };
  if (options.signal?.aborted) kill();
  options.signal?.addEventListener('abort', kill, { once: true });
  const done = outcome(specs, children, { kill, killed: () => killed }).then((ends) => {
    options.signal?.removeEventListener('abort', kill);
    if (options.signal?.aborted)
      throw new HoldfastError('interrupted', `${specs[0]?.command ?? 'The pipeline'} was stopped.`);
    const cause = causeOf(ends);
    if (cause !== undefined) throw stageError(cause);
    return ends.map(({ command, stderr }) => ({ command, stderr }));
  });
  done.catch(() => undefined);
  return {
    stdin: options.feed ? stdin : null,
    stdout,
    done,
    pids: children.map((child) => child.pid),
    kill,
  };
}

function spawnConnected(specs: CommandSpec[], feed: boolean): ChildProcess[] {
  const children: ChildProcess[] = [];
  let upstream: Readable | null = null;
  for (const [index, spec] of specs.entries()) {
    const input: 'ignore' | 'pipe' | Readable = upstream ?? (index === 0 && feed ? 'pipe' : 'ignore');
    try {
      const child: ChildProcess = spawnGroup(spec, input);
      // Our end must go in this same tick: before Node reads from it, and so that the upstream process notices
      // when its reader dies.
      upstream?.destroy();
      upstream = child.stdout;
      children.push(child);
    } catch (error) {
      // Some failures are thrown and not emitted; what runs already must not outlive them.
      for (const child of children) {
        child.on('error', () => undefined);
        killGroup(child.pid);
      }
      upstream?.destroy();
      throw startErrorOf(spec.command, error);
    }
  }
  return children;
}

/** Waits for every process; the first failure ends the others. */
async function outcome(
  specs: CommandSpec[],
  children: ChildProcess[],
  group: { kill(): void; killed(): boolean },
): Promise<StageEnd[]> {
  let seen = 0;
  let patience: NodeJS.Timeout | undefined;
  const context = { killed: group.killed, nextOrder: () => seen++ };
  const ends = await Promise.all(
    children.map(async (child, index) => {
      const end = await watchStage(child, specs[index]?.command ?? 'process', context);
      if (stageFailed(end)) {
        if (lostItsReader(end)) patience ??= setTimeout(group.kill, causeGraceMs);
        else group.kill();
      }
      return end;
    }),
  );
  clearTimeout(patience);
  return ends;
}
