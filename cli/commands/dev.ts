import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import type { DevOptions } from '../serve.ts';
import { examples } from './examples.ts';

export function addDev(command: Command, act: Act): void {
  command
    .option('--port <port>', 'where Temporal listens, on this host only', countOption, 7233)
    .option('--ui-port <port>', 'where its Web UI listens, on this host only', countOption, 8233)
    .option('--prometheus <address>', 'serve metrics at http://ADDRESS/metrics, such as 127.0.0.1:9464')
    .addHelpText('after', examples('holdfast dev', 'holdfast dev --port 17233 --ui-port 18233'))
    .action(
      act<DevOptions>(async (context, options) => {
        // Loaded here, because the worker's native part would slow down every other command.
        const { serveDev } = await import('../serve.ts');
        await serveDev(context, options);
        return exit.done;
      }),
    );
}
