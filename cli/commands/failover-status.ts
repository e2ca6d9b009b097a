import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { failoverLines } from '../failover-print.ts';
import { describeFailover, readFailover } from '../failovers.ts';
import { type ExitCode, exit } from '../io.ts';
import { examples } from './examples.ts';

export function addFailoverStatus(failover: Command, act: Act): void {
  failover
    .command('status')
    .description('show a run: what waits for whom, the steps and their times, the clock against RTO')
    .argument('[run]', 'the runbook, or drill/RUNBOOK for its rehearsal; absent: the one that is under way')
    .option('--watch', 'show it again and again until it has ended')
    .addHelpText(
      'after',
      examples('holdfast failover status', 'holdfast failover status drill/shop-failover --watch'),
    )
    .action(
      act<{ watch?: boolean }>(async (context, { watch }, [text]) => {
        const { client } = await context.temporal();
        const described = await describeFailover(client, text);
        let state = await readFailover(client, described);
        while (watch === true && !context.json && state.result === null && !context.io.signal.aborted) {
          show(context, state, true);
          await pause(1000, undefined, { signal: context.io.signal }).catch(() => undefined);
          state = await readFailover(client, described);
        }
        context.out.result(state, () => show(context, state, false));
        return codeOf(state);
      }),
    );
}

/** A run that is over in another way than passed, or that asks, needs a person. */
function codeOf({ result, phase }: FailoverProgress): ExitCode {
  if (result === 'failed' || result === 'aborted') return exit.fault;
  return phase === 'asking' ? exit.fault : exit.done;
}

/** On a terminal each look takes the place of the one before. */
function show(context: Context, state: FailoverProgress, again: boolean): void {
  if (again && context.io.stdout.isTTY === true) context.io.stdout.write('\u001b[2J\u001b[H');
  for (const line of failoverLines(state, context.colors, Date.now())) context.out.line(line);
  if (again && context.io.stdout.isTTY !== true) context.out.line();
}
