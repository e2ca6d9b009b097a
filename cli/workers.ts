import type { ClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createZoneWorker } from '../workers/index.ts';
import { unreachable } from './connect.ts';

/** Connects a worker to Temporal. @throws HoldfastError `unreachable` when no server answers. */
export async function connectWorker(
  settings: ClientConnectConfig & { address: string },
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ ...settings.connectionOptions, address: settings.address });
  } catch (cause) {
    throw unreachable(settings.address, cause);
  }
}

/** Runs one worker per zone until the signal; running activities are then told to stop and given time for it. */
export async function runWorkers(options: {
  zones: readonly string[];
  connection: NativeConnection;
  namespace: string;
  log: Logger;
  signal: AbortSignal;
  concurrency?: number;
}): Promise<void> {
  const { zones, signal, ...common } = options;
  const workers = await Promise.all(zones.map((zone) => createZoneWorker({ zone, ...common })));
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  options.log.info({ zones, namespace: options.namespace }, 'Working');
  await Promise.all(workers.map((worker) => worker.runUntil(stopped)));
  options.log.info({ zones }, 'Stopped');
}
