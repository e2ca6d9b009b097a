import type { Command } from 'commander';
import { formatBytes } from '../../policy/units.ts';
import type { Act } from '../act.ts';
import { type FoundBackup, groupCopies, named } from '../backups.ts';
import { readCatalogue } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { countOption } from '../durations.ts';
import { exit } from '../io.ts';
import { backupRepositories } from '../repositories.ts';
import { examples } from './examples.ts';

type Options = { plan?: string; repository?: string; limit: number };

export function addBackupList(backup: Command, act: Act): void {
  backup
    .command('list')
    .description('list the backups that the repositories hold, newest first')
    .option('--plan <plan>', 'only those of this plan')
    .option('--repository <name>', 'only those in this repository')
    .option('--limit <count>', 'at most so many per repository', countOption, 50)
    .addHelpText(
      'after',
      examples('holdfast backup list', 'holdfast backup list --plan shop-daily --repository offsite --json'),
    )
    .action(
      act<Options>(async (context, { plan, repository, limit }) => {
        const { policy } = await context.loadPolicy();
        if (plan !== undefined) named(policy.plans, plan, 'plan');
        const asked =
          repository === undefined
            ? backupRepositories(policy)
            : [named(policy.repositories, repository, 'repository')];
        const filter = plan === undefined ? {} : { plan };
        const result = await readCatalogue(context, { policy, repositories: asked, filter, limit });
        const backups = groupCopies(result.entries);
        context.out.result({ backups, more: result.more, unreadable: result.unreadable }, () => {
          print(context, backups);
          if (result.more) context.remark(`There are more: raise --limit above ${limit}.`);
        });
        return result.unreadable.length > 0 ? exit.failed : exit.done;
      }),
    );
}

function print({ out, colors }: Context, backups: FoundBackup[]): void {
  if (backups.length === 0) {
    out.line('No backups were found in the repositories that could be read.');
    return;
  }
  out.table(
    ['BACKUP', 'PLAN', 'DATA OF', 'SIZE', 'ROWS', 'KEPT', 'COPIES'],
    backups.map(({ backupId, plan, copies, faulty }) => {
      const entry = copies[0] ?? faulty[0];
      return [
        backupId,
        plan,
        entry?.dataTime ?? '',
        entry === undefined ? '' : formatBytes(entry.bytes),
        entry?.rows?.toLocaleString('en') ?? '',
        keptText(copies),
        [
          ...copies.map(({ repository }) => repository),
          ...faulty.map(({ repository }) => colors.red(`${repository} (faulty)`)),
        ].join(', '),
      ];
    }),
    ['SIZE', 'ROWS'],
  );
}

/** `weekly, monthly, held`: what it was promoted to, and whether a legal hold keeps it. */
function keptText(copies: FoundBackup['copies']): string {
  const tiers = copies.flatMap(({ kept = [] }) => kept.map(({ tier }) => tier));
  const held = copies.some(({ holds }) => holds !== undefined);
  return [...new Set(tiers), ...(held ? ['held'] : [])].join(', ');
}
