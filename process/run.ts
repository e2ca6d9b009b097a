import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { HoldfastError } from '../policy/errors.ts';
import { type CommandSpec, killGroup, spawnGroup } from './command.ts';
import { stageError, startErrorOf, watchStage } from './stage.ts';

export type RunResult = { stdout: string; stderr: string };

const outputLimit = 64 * 2 ** 20;
const outputGraceMs = 2000;

/**
 * Runs one command to its end and gives its output: at most 64 MiB, and the last 64 KiB of stderr. Its whole process
 * group ends with it, with the signal, or with the time limit.
 *
 * @throws HoldfastError `tool-missing` when there is no such program, `process-failed` on a non-zero exit (with the
 *   tail of stderr) or too much output, `interrupted` on the signal, `stalled` after `timeout` seconds.
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
  if (options.signal?.aborted) throw new HoldfastError('interrupted', `${spec.command} was not started.`);
  const child = spawnOrExplain(spec, options.stdin === undefined ? 'ignore' : 'pipe');
  let broken: HoldfastError | undefined;
  const stop = (reason: HoldfastError) => {
    broken ??= reason;
    killGroup(child.pid);
  };
  const onAbort = () => stop(new HoldfastError('interrupted', `${spec.command} was stopped.`));
  const onExpiry = () =>
    stop(new HoldfastError('stalled', `${spec.command} did not end within ${options.timeout ?? 0} seconds.`));
  const timer = options.timeout === undefined ? undefined : setTimeout(onExpiry, options.timeout * 1000);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const output = collect(child.stdout, () =>
      stop(new HoldfastError('process-failed', `${spec.command} gave more than 64 MiB of output.`)),
    );
    const exit = watchStage(child, spec.command, { killed: () => broken !== undefined, nextOrder: () => 0 });
    child.stdin?.end(options.stdin);
    const end = await exit;
    if (broken !== undefined) throw broken;
    const exitCode = end.code ?? -1;
    if (end.startError !== undefined || !(options.okExitCodes ?? [0]).includes(exitCode))
      throw stageError(end);
    // A daemon that the command left behind may hold its output open; it has nothing to say in it.
    const impatience = setTimeout(() => child.stdout?.destroy(), outputGraceMs);
    const stdout = await output.finally(() => clearTimeout(impatience));
    return { stdout, stderr: end.stderr, exitCode };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function spawnOrExplain(spec: CommandSpec, stdin: 'ignore' | 'pipe'): ChildProcess {
  try {
    return spawnGroup(spec, stdin);
  } catch (error) {
    throw startErrorOf(spec.command, error);
  }
}

/** All of stdout, until it closes. */
function collect(stdout: Readable | null, onExcess: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const settle = () => resolve(Buffer.concat(chunks).toString('utf8'));
    if (stdout === null) return settle();
    stdout.once('close', settle);
    stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > outputLimit) onExcess();
      else chunks.push(chunk);
    });
  });
}
