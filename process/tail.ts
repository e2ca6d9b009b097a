import { HoldfastError } from '../policy/errors.ts';
import { type CommandSpec, killGroup, spawnGroup } from './command.ts';
import { startErrorOf, watchStage } from './stage.ts';

/** How a command ended, and the end of what it printed, stdout and stderr in the order in which they came. */
export type TailedRun = {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Whether it was ended because its time was over. */
  expired: boolean;
  output: string;
  /** Whether something before `output` was let go. */
  cut: boolean;
};

/** What a process that is gone may still have in its pipes, when a daemon that it left behind holds them open. */
const outputGraceMs = 2000;

/**
 * Runs a command whose output is for people: it may print without end, and only the last `keep` characters are held. Its
 * whole process group is killed with the signal or after `timeout` seconds, and whatever status it ends with is an answer.
 *
 * @throws HoldfastError `tool-missing` when there is no such program, `process-failed` when it can't be started,
 *   `interrupted` on the signal
 */
export async function runForTail(
  spec: CommandSpec,
  { signal, timeout, keep }: { signal: AbortSignal; timeout: number; keep: number },
): Promise<TailedRun> {
  if (signal.aborted) throw new HoldfastError('interrupted', `${spec.command} was not started.`);
  const child = startOrExplain(spec);
  const tail = { text: '', cut: false };
  let expired = false;
  const hear = (said: string) => {
    tail.text += said;
    if (tail.text.length <= 2 * keep) return;
    tail.text = tail.text.slice(-keep);
    tail.cut = true;
  };
  const closed = Promise.all(
    [child.stdout, child.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream === null) return resolve();
          stream.setEncoding('utf8').on('data', hear).once('close', resolve);
        }),
    ),
  );
  const onAbort = () => killGroup(child.pid);
  const timer = setTimeout(() => {
    expired = true;
    killGroup(child.pid);
  }, timeout * 1000);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const end = await watchStage(child, spec.command, { killed: () => expired, nextOrder: () => 0 });
    if (signal.aborted) throw new HoldfastError('interrupted', `${spec.command} was stopped.`);
    if (end.startError !== undefined) throw end.startError;
    const impatience = setTimeout(() => child.stdout?.destroy(), outputGraceMs);
    await closed.finally(() => clearTimeout(impatience));
    const cut = tail.cut || tail.text.length > keep;
    return { exitCode: end.code, signal: end.signal, expired, output: tail.text.slice(-keep), cut };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function startOrExplain(spec: CommandSpec) {
  try {
    return spawnGroup(spec, 'ignore');
  } catch (error) {
    throw startErrorOf(spec.command, error);
  }
}
