import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const firstPause = 25;
const longestPause = 300;

/**
 * Tries until it succeeds, first every 25 ms, later every 300 ms: what is asked is most of the work while tests wait.
 *
 * @throws the last error once `seconds` have passed (of a quiet machine: more when it has more to do than processors),
 *   or at once what `giveUp` returns
 */
export async function eventually<T>(
  attempt: () => Promise<T>,
  seconds: number,
  giveUp: () => Error | undefined = () => undefined,
): Promise<T> {
  const start = performance.now();
  for (let wait = firstPause; ; wait = Math.min(wait * 1.1, longestPause)) {
    try {
      return await attempt();
    } catch (error) {
      const hopeless = giveUp();
      if (hopeless !== undefined) throw hopeless;
      if (performance.now() - start > seconds * 1000 * slowness()) throw error;
    }
    await pause(wait);
  }
}

/** How many times longer than alone work takes now; at most 5. */
function slowness(): number {
  const [lastMinute = 0] = loadavg();
  return Math.min(Math.max(lastMinute / availableParallelism(), 1), 5);
}
