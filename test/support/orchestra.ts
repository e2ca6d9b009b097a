import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../activities/index.ts';
import { startTemporal, type TemporalOptions, type TemporalServer } from '../../tools/servers/index.ts';
import { workflowBundle } from './bundle.ts';
import { runZone } from './zone-workers.ts';

/** A real Temporal with real workers of this process, one for each zone. */
export type Orchestra = {
  temporal: TemporalServer;
  client: Client;
  /** Below it every activity works; empty when nothing runs. */
  workRoot: string;
  /** A worker for a zone; ends with the orchestra, or before. */
  play(zone: string): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
};

let installed = false;

/** Another one beside it is another Temporal, which knows nothing of the first. */
export async function startOrchestra(zones: string[], options: TemporalOptions = {}): Promise<Orchestra> {
  if (!installed)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: 'ERROR' } },
    });
  installed = true;
  const [temporal, bundle, workRoot] = await Promise.all([
    startTemporal(options),
    workflowBundle(),
    mkdtemp(join(tmpdir(), 'hf-')),
  ]);
  const [native, connection] = await Promise.all([
    NativeConnection.connect({ address: temporal.address }),
    Connection.connect({ address: temporal.address }),
  ]);
  const log = pino({ level: 'silent' });
  const playing = new Set<() => Promise<void>>();
  const play = async (zone: string) => {
    const end = await runZone(zone, {
      connection: native,
      workflowBundle: bundle,
      activities: createActivities({ zone, workRoot, log }),
      maxHeartbeatThrottleInterval: '200ms',
      defaultHeartbeatThrottleInterval: '200ms',
    });
    const stop = async () => {
      if (playing.delete(stop)) await end();
    };
    playing.add(stop);
    return { stop };
  };
  for (const zone of zones) await play(zone);
  return {
    temporal,
    client: new Client({ connection }),
    workRoot,
    play,
    close: async () => {
      await Promise.all([...playing].map((stop) => stop()));
      await connection.close();
      await native.close();
      await temporal.kill();
      await temporal.stop();
      await rm(workRoot, { recursive: true, force: true });
    },
  };
}
