import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivities } from '../../activities/index.ts';
import type { Activities } from '../../activities/types.ts';
import { testServerPath } from '../../tools/servers/index.ts';
import { workflowBundle } from './bundle.ts';
import { runZone } from './zone-workers.ts';

/** The time-skipping server with a worker for each zone, their activities the real ones. */
export type Skipping = {
  environment: TestWorkflowEnvironment;
  close(): Promise<void>;
};

let installed = false;

/** One runtime serves all the environments of a test file. */
function quiet(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'ERROR' } },
  });
}

/** @param change puts a fault in front of real activities */
export async function openSkipping(
  zones: string[],
  change: (activities: Activities) => Partial<Activities> = () => ({}),
): Promise<Skipping> {
  quiet();
  const [environment, bundle, workRoot] = await Promise.all([
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: testServerPath() } },
    }),
    workflowBundle('skipping'),
    mkdtemp(join(tmpdir(), 'hf-')),
  ]);
  const log = pino({ level: 'silent' });
  const ends: (() => Promise<void>)[] = [];
  for (const zone of zones) {
    const real = createActivities({ zone, workRoot, log });
    ends.push(
      await runZone(zone, {
        connection: environment.nativeConnection,
        workflowBundle: bundle,
        activities: { ...real, ...change(real) },
      }),
    );
  }
  return {
    environment,
    close: async () => {
      await Promise.all(ends.map((end) => end()));
      await environment.teardown();
      await rm(workRoot, { recursive: true, force: true });
    },
  };
}
