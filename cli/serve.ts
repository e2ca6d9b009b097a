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

type EmbeddedOptions = DevOptions & {
  zones: readonly string[];
  state: string;
  /** Of the worker's log, where the environment names none. */
  logLevel?: 'info' | 'error';
};

/**
 * Runs a Temporal server and a worker for each zone until SIGINT or SIGTERM. The server's state lies in `.holdfast/`
 * beside the policy, so that a restart goes on where it ended.
 *
 * @throws HoldfastError `bad-usage` when a port is taken.
 */
export async function serveDev(context: Context, options: DevOptions): Promise<void> {
  const { policyPath, remark } = context;
  const { policy } = await context.loadPolicy();
  const zones = Object.keys(policy.zones);
  const state = join(dirname(resolve(policyPath)), '.holdfast');
  await serveEmbedded(context, { ...options, zones, state }, async ({ address, uiUrl }, signal) => {
    remark(`Temporal at ${address}, its Web UI at ${uiUrl}. Ctrl-C ends both.`);
    remark(
      `Now, in another terminal: ${options.port === 7233 ? '' : `TEMPORAL_ADDRESS=${address} `}holdfast apply`,
    );
    await aborted(signal);
  });
}

/** A Temporal of our own, as those who use it see it. */
export type Embedded = { address: string; uiUrl: string; env: Record<string, string> };

/**
 * Runs a Temporal server on this host and a worker for each zone, as long as the work beside them goes on, or until SIGINT or
 * SIGTERM.
 *
 * @param state a directory that keeps the server's state: the next start goes on where this one ended
 * @param beside ends soon after its signal
 * @throws HoldfastError `bad-usage` when a port is taken, `tool-missing` without Temporal's program
 */
export async function serveEmbedded<T>(
  { io }: Context,
  { zones, state, port, uiPort, prometheus, logLevel = 'info' }: EmbeddedOptions,
  beside: (temporal: Embedded, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await requireFreePort(port, '--port');
  await requireFreePort(uiPort, '--ui-port');
  const level = io.env.HOLDFAST_LOG_LEVEL ?? logLevel;
  const log = createLog({ zone: zones.join(','), level, pretty: io.stderr.isTTY === true });
  await mkdir(state, { recursive: true, mode: 0o700 });
  const server = await startTemporal({ dbFile: join(state, 'temporal.db'), port, uiPort });
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  const end = () => over.abort();
  try {
    // Once there is a runtime, a process that has nothing to do does not end by itself.
    installRuntime(log, prometheus);
    const { address, uiUrl, namespace } = server;
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const working = runWorkers({ zones, env, log, signal }).finally(end);
    const work = beside({ address, uiUrl, env }, signal).finally(end);
    // Both have ended before the server does.
    await Promise.allSettled([work, working]);
    await working;
    return await work;
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
      `Port ${port} of this host is taken, perhaps by another \`holdfast dev\` or \`recover\`.`,
      {
        hint: `End that one, or choose another port with ${option}.`,
        cause,
      },
    );
  } finally {
    probe.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolveAbort) => {
    if (signal.aborted) resolveAbort();
    else signal.addEventListener('abort', () => resolveAbort(), { once: true });
  });
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
    const stopped = aborted(signal);
    log.info({ zones, address, namespace }, 'Working');
    await Promise.all(workers.flat().map((worker) => worker.runUntil(stopped)));
    log.info('Stopped');
  } finally {
    await connection.close();
  }
}
