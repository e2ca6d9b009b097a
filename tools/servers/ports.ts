import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const issued = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that nobody listens on, and that this process has not given out before. It is below the
 * range that the system takes outgoing ports from, so that no passing connection holds it when the server starts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_000);
    if (issued.has(port) || !(await isFree(port))) continue;
    issued.add(port);
    return port;
  }
}

/** Several free ports, all different. */
export async function freePorts<const Names extends readonly string[]>(
  names: Names,
): Promise<Record<Names[number], number>> {
  const ports: Record<string, number> = {};
  for (const name of names) ports[name] = await freePort();
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
