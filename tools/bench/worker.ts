import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HoldfastError } from '../../policy/errors.ts';
import { minimalEnvironment } from '../../process/index.ts';

/** One line of a worker's log. */
export type LogEntry = Record<string, unknown>;

/** A worker in a process of its own, as people run it, so that its memory is its own too. */
export type BenchWorker = {
  log: readonly LogEntry[];
  /** Resident memory now, and the most that it ever was, as the kernel counted it. */
  memory(): Promise<{ nowBytes: number; peakBytes: number }>;
  stop(): Promise<void>;
};

const program = join(import.meta.dirname, '..', '..', 'cli', 'main.js');

/**
 * Starts `holdfast worker` for a zone and waits until it works.
 *
 * @throws HoldfastError `process-failed` when it ends before that
 */
export async function startWorker(zone: string, env: Record<string, string>): Promise<BenchWorker> {
  const log: LogEntry[] = [];
  // The kernel ends it with us, however we end.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, 'worker', '--zone', zone], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: minimalEnvironment(env),
  });
  const lines = createInterface({ input: child.stderr });
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = entryOf(line);
      log.push(entry);
      if (entry.msg === 'Working') resolve();
    });
    ended.then(() => reject(neverWorked(log)), reject);
  });
  return {
    log,
    memory: () => memoryOf(child),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function neverWorked(log: LogEntry[]): HoldfastError {
  const said = log.map(({ msg }) => msg).join('\n');
  return new HoldfastError('process-failed', `The worker ended before it worked: ${said}`);
}

function entryOf(line: string): LogEntry {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry === 'object' && entry !== null) return { ...entry };
  } catch {
    // A line of another kind, as Node's own warnings are.
  }
  return { msg: line };
}

async function memoryOf(child: ChildProcess): Promise<{ nowBytes: number; peakBytes: number }> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { nowBytes: kilobytes('VmRSS') * 1024, peakBytes: kilobytes('VmHWM') * 1024 };
}
