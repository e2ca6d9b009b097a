import type { Command } from 'commander';
import { formatDuration } from '../../policy/units.ts';
import type { Act } from '../act.ts';
import { countOption } from '../durations.ts';
import { listFailovers } from '../failovers.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addFailoverList(failover: Command, act: Act): void {
  const list = failover
    .command('list')
    .description('list failovers and rehearsals that Temporal knows, newest first, with measured times')
    .addHelpText('after', examples('holdfast failover list', 'holdfast failover list --limit 10 --json'));
  listing(list, act, 'all', 'Nothing has been failed over or rehearsed.');
}

export function addDrillList(drill: Command, act: Act): void {
  const list = drill
    .command('list')
    .description('list rehearsals that Temporal knows, newest first, with measured times')
    .addHelpText('after', examples('holdfast drill list', 'holdfast drill list --limit 10 --json'));
  listing(list, act, 'rehearsals', 'Nothing has been rehearsed.');
}

function listing(list: Command, act: Act, only: 'all' | 'rehearsals', none: string): void {
  list.option('--limit <count>', 'at most so many', countOption, 50).action(
    act<{ limit: number }>(async (context, { limit }) => {
      const { client } = await context.temporal();
      const runs = (await listFailovers(client, limit, only)).map(({ state, ...run }) => ({
        ...run,
        phase: state?.phase ?? null,
        result: state?.result ?? null,
        rto: state?.rto ?? null,
        rpo: state?.rpo ?? null,
        exceptions: state?.exceptions.length ?? null,
      }));
      context.out.result({ runs }, () => {
        if (runs.length === 0) context.out.line(none);
        else
          context.out.table(
            ['RUN', 'MODE', 'STARTED', 'BY', 'STATE', 'RTO', 'RPO', 'EXCEPTIONS'],
            runs.map(
              ({ workflowId, mode, startedAt, person, result, phase, status, rto, rpo, exceptions }) => [
                workflowId,
                mode,
                startedAt,
                person,
                result ?? phase ?? status,
                secondsIn(rto?.measured),
                secondsIn(rpo?.measured),
                exceptions === null ? '' : String(exceptions),
              ],
            ),
            ['EXCEPTIONS'],
          );
      });
      return exit.done;
    }),
  );
}

const secondsIn = (seconds: number | null | undefined): string =>
  seconds === null || seconds === undefined ? '' : formatDuration(seconds);
