import type { Command } from 'commander';
import { createLog, installRuntime } from '../../workers/index.ts';
import { temporalSettings } from '../connect.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import type { Act } from '../program.ts';
import { connectWorker, runWorkers } from '../workers.ts';
import { examples } from './examples.ts';

type Options = { zone: string; prometheus?: string; concurrency?: number };

export function addWorker(program: Command, act: Act): void {
  program
    .command('worker')
    .description('work for a zone: make, verify and restore its backups. Needs no policy file')
    .requiredOption('--zone <zone>', 'the zone')
    .option('--prometheus <address>', 'serve metrics at http://ADDRESS/metrics, such as 127.0.0.1:9464')
    .option('--concurrency <count>', 'activities at once', countOption)
    .addHelpText(
      'after',
      examples('holdfast worker --zone main', 'holdfast worker --zone main --prometheus 127.0.0.1:9464'),
    )
    .action(
      act<Options>(async ({ io }, { zone, prometheus, concurrency }) => {
        const settings = temporalSettings(io.env);
        const log = createLog({ zone, pretty: io.stderr.isTTY === true });
        installRuntime(log, prometheus);
        const connection = await connectWorker(settings);
        try {
          await runWorkers({
            zones: [zone],
            connection,
            namespace: settings.namespace,
            log,
            signal: io.signal,
            ...(concurrency === undefined ? {} : { concurrency }),
          });
        } finally {
          await connection.close();
        }
        return exit.done;
      }),
    );
}
