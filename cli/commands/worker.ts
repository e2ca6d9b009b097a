import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import type { WorkerOptions } from '../serve.ts';
import { examples } from './examples.ts';

export function addWorker(command: Command, act: Act): void {
  command
    .requiredOption('--zone <zone>', 'the zone')
    .option('--prometheus <address>', 'serve metrics at http://ADDRESS/metrics, such as 127.0.0.1:9464')
    .option('--concurrency <count>', 'activities at once', countOption)
    .addHelpText(
      'after',
      examples('holdfast worker --zone main', 'holdfast worker --zone main --prometheus 127.0.0.1:9464'),
    )
    .action(
      act<WorkerOptions>(async (context, options) => {
        // Loaded here, because the worker's native part would slow down every other command.
        const { serveZone } = await import('../serve.ts');
        await serveZone(context, options);
        return exit.done;
      }),
    );
}
