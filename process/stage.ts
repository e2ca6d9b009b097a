import type { ChildProcess } from 'node:child_process';
import { HoldfastError } from '../policy/errors.ts';
import { killGroup } from './command.ts';

/** How one process of a pipeline ended. `order` counts exits as they were seen, from 0. */
export type StageEnd = {
  command: string;
  stderr: string;
  order: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether the pipeline had been killed by us before this process ended. */
  killed: boolean;
  /** Why the process could not be started at all. */
  startError?: HoldfastError;
};

const stderrLimit = 64 * 1024;

/** How long a process that is gone may keep its stderr open through a daemon that it left behind. */
const stderrGraceMs = 2000;

export function stageFailed(end: StageEnd): boolean {
  return end.startError !== undefined || end.code !== 0;
}

/**
 * Whether a process may have ended only because its reader did. The pipes between processes are socket pairs, so a
 * lost reader shows as SIGPIPE, as "Broken pipe", or as "Connection reset by peer".
 */
export function lostItsReader(end: StageEnd): boolean {
  return end.signal === 'SIGPIPE' || /broken pipe|connection reset by peer/i.test(end.stderr);
}

/**
 * The process whose failure explains the others': the first to end by itself, unless a later one in the pipeline
 * failed too and this one only lost its reader. Undefined when none failed.
 *
 * @param ends in the order of the pipeline
 */
export function causeOf(ends: StageEnd[]): StageEnd | undefined {
  const failed = ends.filter(stageFailed);
  const byThemselves = failed.filter((end) => !(end.killed && end.signal === 'SIGKILL'));
  const causes = byThemselves.filter(
    (end) => !(lostItsReader(end) && byThemselves.some((other) => ends.indexOf(other) > ends.indexOf(end))),
  );
  const candidates = causes.length > 0 ? causes : failed;
  return candidates.toSorted((a, b) => a.order - b.order)[0];
}

/** The error that a failed process becomes: its own stderr, never its arguments. */
export function stageError(end: StageEnd): HoldfastError {
  return (
    end.startError ??
    new HoldfastError('process-failed', describeExit(end.command, end.code, end.signal, end.stderr))
  );
}

/** Watches one process of a pipeline to its end. Never rejects. */
export function watchStage(
  child: ChildProcess,
  command: string,
  context: { killed(): boolean; nextOrder(): number },
): Promise<StageEnd> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrLimit);
  });
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on('error', () => undefined);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({
        command,
        stderr,
        order: context.nextOrder(),
        code: null,
        signal: null,
        killed: context.killed(),
        startError: startErrorOf(command, error),
      });
    });
    child.once('exit', (code, signal) => {
      const end = { command, code, signal, order: context.nextOrder(), killed: context.killed() };
      // What the process left in its group holds our pipes open and has nothing more to say.
      killGroup(child.pid);
      const settle = () => resolve({ ...end, stderr });
      if (child.stderr === null || child.stderr.closed) return settle();
      const impatience = setTimeout(() => child.stderr?.destroy(), stderrGraceMs);
      child.stderr.once('close', () => {
        clearTimeout(impatience);
        settle();
      });
    });
  });
}

/** What a failed start means: a missing program, or anything else that the operating system said. */
export function startErrorOf(command: string, error: unknown): HoldfastError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : 'unknown error';
  if (code === 'ENOENT') return toolMissing(command);
  return new HoldfastError('process-failed', `${command} could not be started: ${code}.`, {
    hint: 'Check that it may be executed and that this worker has processes and memory to spare.',
  });
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

/** Lines of stderr that are told: what is wrong stands at either end, and between them perhaps a long statement. */
const told = { first: 5, last: 5, letters: 1000 };

/** One sentence on how a process ended, with the first and the last lines of its stderr. */
export function describeExit(
  command: string,
  exitCode: number | null | undefined,
  signal: string | null | undefined,
  stderr: string,
): string {
  const how = signal ? `was killed by ${signal}` : `ended with exit status ${exitCode ?? 'unknown'}`;
  const said = endsOf(stderr.trim());
  return said === '' ? `${command} ${how}.` : `${command} ${how}: ${said}`;
}

function endsOf(text: string): string {
  const lines = text.split('\n');
  const first = lines.slice(0, told.first).join('\n');
  const last = lines.slice(Math.max(told.first, lines.length - told.last)).join('\n');
  const cut = lines.length > told.first + told.last || first.length > told.letters;
  const parts = [first.slice(0, told.letters), ...(cut ? ['…'] : []), last.slice(-told.letters)];
  return parts.filter((part) => part !== '').join('\n');
}
