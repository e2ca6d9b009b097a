import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { HoldfastError } from '../policy/errors.ts';
import { startTemporal } from '../tools/servers/index.ts';
import { createLog, createZoneWorkers, installRuntime } from '../workers/index.ts';
import { temporalSettings, unreachable } from './connect.ts';
import type { Context } from './context.ts';

export type WorkerOptions = { zone: string; prometheus?: string; concurrency?: number };

/**
 * Works for one zone until SIGINT or SIGTERM.
 *
 * @throws HoldfastError `unreachable` when no Temporal answers.
 */
export async function serveZone(
  { io }: Context,
  { zone, prometheus, concurrency }: WorkerOptions,
): Promise<void> {
  const log = createLog({ zone, pretty: io.stderr.isTTY === true });
  installRuntime(log, prometheus);
  await runWorkers({
    zones: [zone],
    env: io.env,
    log,
    signal: io.signal,
    ...(concurrency === undefined ? {} : { concurrency }),
  });
}

export type DevOptions = { port: number; uiPort: number; prometheus?: string };

/**
 * Runs a Temporal server and a worker for each zone until SIGINT or SIGTERM. The server's state lies in `.holdfast/`
 * beside the policy, so that a restart goes on where it ended.
 *
 * @throws HoldfastError `bad-usage` when a port is taken.
 */
export async function serveDev(context: Context, { port, uiPort, prometheus }: DevOptions): Promise<void> {
  const { io, policyPath, remark } = context;
  const { policy } = await context.loadPolicy();
  await requireFreePort(port, '--port');
  await requireFreePort(uiPort, '--ui-port');
  const zones = Object.keys(policy.zones);
  const log = createLog({ zone: zones.join(','), pretty: io.stderr.isTTY === true });
  installRuntime(log, prometheus);
  const state = join(dirname(resolve(policyPath)), '.holdfast');
  await mkdir(state, { recursive: true, mode: 0o700 });
  const server = await startTemporal({ dbFile: join(state, 'temporal.db'), port, uiPort });
  try {
    remark(`Temporal at ${server.address}, its Web UI at ${server.uiUrl}. Ctrl-C ends both.`);
    const address = port === 7233 ? '' : `TEMPORAL_ADDRESS=${server.address} `;
    remark(`Now, in another terminal: ${address}holdfast apply`);
    const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
    await runWorkers({ zones, env, log, signal: io.signal });
  } finally {
    await server.stop();
  }
}

/** Another server on the port would answer in the place of ours. */
async function requireFreePort(port: number, option: string): Promise<void> {
  const probe = createServer();
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening');
  } catch (cause) {
    throw new HoldfastError(
      'bad-usage',
      `Port ${port} of this host is taken, perhaps by another \`holdfast dev\`.`,
      {
        hint: `End that one, or choose another port with ${option}.`,
        cause,
      },
    );
  } finally {
    probe.close();
  }
}

type WorkersOptions = {
  zones: readonly string[];
  env: Record<string, string | undefined>;
  log: Logger;
  signal: AbortSignal;
  concurrency?: number;
};

/** One worker per zone until the signal; what runs is then told to stop and given time for it. */
async function runWorkers({ zones, env, signal, log, ...limits }: WorkersOptions): Promise<void> {
  const { address, namespace, connectionOptions } = temporalSettings(env);
  const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch(
    (cause: unknown) => {
      throw unreachable(address, cause);
    },
  );
  try {
    const workers = await Promise.all(
      zones.map((zone) => createZoneWorkers({ zone, connection, namespace, log, ...limits })),
    );
    const stopped = new Promise<void>((resolveStop) => {
      if (signal.aborted) resolveStop();
      else signal.addEventListener('abort', () => resolveStop(), { once: true });
    });
    log.info({ zones, address, namespace }, 'Working');
    await Promise.all(workers.flat().map((worker) => worker.runUntil(stopped)));
    log.info('Stopped');
  } finally {
    await connection.close();
  }
}
