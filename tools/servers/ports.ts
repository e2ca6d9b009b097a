import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A TCP port of 127.0.0.1 that nobody listens on, and that no process of this machine was given: it is ours until this
 * process ends, also while its server is down. It is below the range that the system takes outgoing ports from, so
 * that no passing connection holds it when the server starts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_000);
    if ((await claimPort(port)) && (await isFree(port))) return port;
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

/**
 * Says whether the port is ours from now on. To look whether a port is free is not enough: a server takes a second to
 * open it, and tests in another process look in that second. A name in Linux's abstract namespace (unix(7)) belongs to
 * one process at a time, leaves no file, and is free again however that process ends.
 */
export function claimPort(port: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(true);
  return new Promise((resolve) => {
    const claim = createServer();
    claim.once('error', () => resolve(false));
    claim.listen({ path: `\0holdfast-port-${port}`, exclusive: true }, () => {
      claim.unref();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
