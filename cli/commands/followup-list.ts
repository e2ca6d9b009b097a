import type { Command } from 'commander';
import type { FollowUp } from '../../workflows/contract-follow-ups.ts';
import { isOverdue } from '../../workflows/follow-ups-chase.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { followUpsOf } from '../follow-ups.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addFollowUpList(followup: Command, act: Act): void {
  followup
    .command('list', { isDefault: true })
    .description('list what is to be done, the most urgent first; exit 3 when something is overdue')
    .option('--closed', 'list what was done, newest first')
    .option('--owner <person>', 'of this person alone')
    .addHelpText('after', examples('holdfast followup', 'holdfast followup list --owner dba-1 --json'))
    .action(
      act<{ closed?: boolean; owner?: string }>(async (context, { closed: wantsClosed, owner }) => {
        const { policy } = await context.loadPolicy();
        const list = await followUpsOf(context);
        const own = (all: FollowUp[]) => all.filter((each) => owner === undefined || each.owner === owner);
        const now = Date.now();
        const open = own(list.open).map((each) => ({ ...each, overdue: isOverdue(each, policy, now) }));
        const closed = own(list.closed);
        const overdue = open.filter((each) => each.overdue).length;
        context.out.result({ ...list, open, closed, overdue }, () => {
          if (wantsClosed === true) return printClosed(context, closed);
          printOpen(context, open);
          for (const { by, sentence } of list.refused.slice(-10))
            context.out.line(`not followed: ${by ?? 'somebody'}: ${sentence}`);
          if (list.untold !== null) context.out.line(context.colors.red(list.untold));
        });
        return overdue > 0 ? exit.fault : exit.done;
      }),
    );
}

function printOpen({ out, colors }: Context, open: (FollowUp & { overdue: boolean })[]): void {
  if (open.length === 0) {
    out.line('Nothing is to be done.');
    return;
  }
  out.table(
    ['ID', 'DUE', 'OWNER', 'OF', 'WHAT'],
    open.map(({ id, due, owner, workflowId, text, overdue }) => [
      id,
      overdue ? colors.red(due) : due,
      owner,
      workflowId,
      text,
    ]),
  );
}

function printClosed({ out }: Context, closed: FollowUp[]): void {
  if (closed.length === 0) {
    out.line('Nothing was done yet.');
    return;
  }
  out.table(
    ['ID', 'CLOSED', 'BY', 'WHAT', 'EVIDENCE'],
    closed.map(({ id, text, closed: end }) => [
      id,
      end?.at.slice(0, 10) ?? '',
      end?.by ?? '',
      text,
      end?.evidence ?? '',
    ]),
  );
}
