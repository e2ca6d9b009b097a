import type { Command } from 'commander';
import { readAlerts } from '../../schedules/index.ts';
import { rankOf } from '../../workflows/alert-routes.ts';
import type { AlertsState, OpenAlert } from '../../workflows/contract-alerts.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addAlertsList(alerts: Command, act: Act): void {
  alerts
    .command('list', { isDefault: true })
    .description('list what is wrong now, the worst first, and channels that could not be reached')
    .option('--closed', 'list what was wrong and is cured, newest first')
    .addHelpText('after', examples('holdfast alerts', 'holdfast alerts list --closed --json'))
    .action(
      act<{ closed?: boolean }>(async (context, { closed }) => {
        const { client } = await context.temporal();
        const state = await readAlerts(client);
        const { open, ...rest } = state ?? { open: [], closed: [], undelivered: [], unrecorded: null };
        const shown = { open: [...open].sort(worstFirst), ...rest };
        context.out.result({ kept: state !== null, ...shown }, () => {
          if (state === null)
            context.out.line('No alerts are kept yet. `holdfast apply` says who is told of what.');
          else if (closed === true) printClosed(context, shown);
          else printOpen(context, shown);
        });
        return exit.done;
      }),
    );
}

function worstFirst(a: OpenAlert, b: OpenAlert): number {
  return rankOf(b.severity) - rankOf(a.severity) || (a.openedAt < b.openedAt ? -1 : 1);
}

function printOpen({ out, colors }: Context, { open, undelivered, unrecorded }: AlertsState): void {
  const color = { critical: colors.red, warning: colors.yellow, info: (text: string) => text };
  for (const {
    severity,
    kind,
    subject,
    openedAt,
    notifiedAt,
    hushedUntil,
    returned,
    level,
    sentence,
  } of open) {
    const back = returned === undefined ? '' : `, came back ${returned}×`;
    const hushed = hushedUntil == null ? 'nobody was told' : `to be told ${hushedUntil} if it stays`;
    const told = notifiedAt === null ? hushed : `told ${notifiedAt}`;
    const escalated = level === 0 ? '' : `, escalated ${level}×`;
    out.line(
      `${color[severity](severity.padEnd(8))}  ${kind}  ${subject}  since ${openedAt}${back}, ${told}${escalated}`,
    );
    out.line(`    ${sentence}`);
  }
  out.line(open.length === 0 ? 'No open alerts.' : `${open.length} open.`);
  for (const { channel, since, sentence, messages } of undelivered)
    out.line(colors.red(`${channel}: ${messages} not told since ${since}. ${sentence}`));
  if (unrecorded !== null) out.line(colors.red(unrecorded));
}

function printClosed({ out }: Context, { closed }: AlertsState): void {
  if (closed.length === 0) {
    out.line('No alert was closed.');
    return;
  }
  out.table(
    ['SEVERITY', 'KIND', 'SUBJECT', 'OPENED', 'CLOSED'],
    closed.map(({ severity, kind, subject, openedAt, closedAt }) => [
      severity,
      kind,
      subject,
      openedAt,
      closedAt,
    ]),
  );
}
