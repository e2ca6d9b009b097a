import { setTimeout as pause } from 'node:timers/promises';

/**
 * Tries until it succeeds, every 25 ms.
 *
 * @throws the last error once `seconds` have passed, or at once what `giveUp` returns
 */
export async function eventually<T>(
  attempt: () => Promise<T>,
  seconds: number,
  giveUp: () => Error | undefined = () => undefined,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const hopeless = giveUp();
      if (hopeless !== undefined) throw hopeless;
      if (performance.now() > end) throw error;
    }
    await pause(25);
  }
}
