import { setTimeout as wait } from 'node:timers/promises';
import { interrupted } from './signal.ts';

/** How long to go on trying, in seconds since the first failure, and how the pauses grow, in milliseconds. */
export type Patience = { seconds: number; firstPause: number; longestPause: number };

/**
 * The pause before attempt `attempt` (2 for the first repetition): random up to a bound that doubles, so that many
 * workers do not come back at once.
 */
export function pauseBefore(attempt: number, patience: Patience, random: () => number = Math.random): number {
  const bound = Math.min(patience.longestPause, patience.firstPause * 2 ** (attempt - 2));
  return bound / 2 + (random() * bound) / 2;
}

/**
 * Repeats work while `shouldRetry` says so and patience lasts. The work is told which attempt it is, from 1.
 *
 * @throws the last error; HoldfastError `interrupted` on the signal.
 */
export async function persist<T>(
  work: (attempt: number) => Promise<T>,
  options: {
    what: string;
    patience: Patience;
    signal: AbortSignal | undefined;
    shouldRetry(error: unknown, attempt: number): Promise<boolean>;
  },
): Promise<T> {
  let firstFailure: number | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (options.signal?.aborted) throw interrupted(options.what);
      return await work(attempt);
    } catch (error) {
      if (options.signal?.aborted) throw interrupted(options.what);
      firstFailure ??= performance.now();
      const waited = (performance.now() - firstFailure) / 1000;
      if (waited >= options.patience.seconds || !(await options.shouldRetry(error, attempt))) throw error;
      await pause(pauseBefore(attempt + 1, options.patience), options.what, options.signal);
    }
  }
}

async function pause(milliseconds: number, what: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw interrupted(what);
  }
}
