import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { startTemporal } from '../../tools/servers/index.ts';
import { createLog, installRuntime } from '../../workers/index.ts';
import { temporalSettings } from '../connect.ts';
import type { Context } from '../context.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import type { Act } from '../program.ts';
import { connectWorker, runWorkers } from '../workers.ts';
import { examples } from './examples.ts';

type Options = { port: number; uiPort: number; prometheus?: string };

export function addDev(program: Command, act: Act): void {
  program
    .command('dev')
    .description(
      'everything in one place: an embedded Temporal server with its Web UI, and a worker for each zone',
    )
    .option('--port <port>', 'where Temporal listens, on this host only', countOption, 7233)
    .option('--ui-port <port>', 'where its Web UI listens, on this host only', countOption, 8233)
    .option('--prometheus <address>', 'serve metrics at http://ADDRESS/metrics, such as 127.0.0.1:9464')
    .addHelpText('after', examples('holdfast dev', 'holdfast dev --port 17233 --ui-port 18233'))
    .action(
      act<Options>(async (context, options) => {
        await runDev(context, options);
        return exit.done;
      }),
    );
}

/** The server's state lies in `.holdfast/` beside the policy, so that a restart goes on where it ended. */
async function runDev(context: Context, { port, uiPort, prometheus }: Options): Promise<void> {
  const { io, policyPath, remark } = context;
  const { policy } = await context.loadPolicy();
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
    const settings = temporalSettings({
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: server.namespace,
    });
    const connection = await connectWorker(settings);
    try {
      await runWorkers({ zones, connection, namespace: server.namespace, log, signal: io.signal });
    } finally {
      await connection.close();
    }
  } finally {
    await server.stop();
  }
}
