import type { Command } from 'commander';
import { counted, formatBytes } from '../../policy/units.ts';
import type { Act } from '../act.ts';
import { type FoundBackup, parseBackupName } from '../backups.ts';
import { findBackup } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addBackupShow(backup: Command, act: Act): void {
  backup
    .command('show')
    .description('show one backup: its data, its files and its copies')
    .argument('<backup>', 'an id, or latest:PLAN')
    .addHelpText(
      'after',
      examples(
        'holdfast backup show 20261121T010000Z-1a2b3c4d',
        'holdfast backup show latest:shop-daily --json',
      ),
    )
    .action(
      act(async (context, _options, [text = '']) => {
        const name = parseBackupName(text);
        const { policy } = await context.loadPolicy();
        const found = await findBackup(context, policy, name);
        context.out.result(found, () => print(context, found));
        return found.faulty.length > 0 ? exit.fault : exit.done;
      }),
    );
}

function print({ out, colors }: Context, { backupId, source, copies, faulty }: FoundBackup): void {
  const [entry] = copies;
  if (entry === undefined) return;
  const facts: [string, string][] = [
    ['backup', backupId],
    ['plan', entry.plan],
    ['source', `${source}, ${entry.server}`],
    ['data of', entry.dataTime],
    ['made', `${entry.startedAt} to ${entry.endedAt}`],
    ['rows', entry.rows === null ? 'not counted' : `${entry.rows} in ${counted(entry.tables ?? 0, 'table')}`],
    ['key', entry.key],
    ['signed by', entry.signedBy ?? 'nobody'],
    ['workflow', `${entry.workflowId} (run ${entry.runId})`],
  ];
  for (const [name, value] of facts) out.line(`${name.padEnd(10)} ${value}`);
  out.line();
  out.table(
    ['FILE', 'ROLE', 'BYTES', 'SIZE', 'SHA-256'],
    entry.files.map(({ name, role, bytes, sha256 }) => [
      name,
      role,
      String(bytes),
      formatBytes(bytes),
      sha256,
    ]),
    ['BYTES', 'SIZE'],
  );
  out.line();
  const held = new Map(copies.map(({ repository }) => [repository, colors.green('held')]));
  for (const { repository, fault } of faulty)
    held.set(repository, colors.red(`faulty: ${fault ?? 'unknown'}`));
  for (const repository of entry.wanted)
    if (!held.has(repository)) held.set(repository, colors.yellow('missing'));
  for (const [repository, state] of held) out.line(`copy in ${repository}: ${state}`);
  for (const line of keptLines(copies)) out.line(line);
}

/** What keeps it, each thing once however many copies say so. */
function keptLines(copies: FoundBackup['copies']): string[] {
  const kept = copies.flatMap(({ kept = [] }) =>
    kept.map(({ tier, until }) => `kept as ${tier} until ${until}`),
  );
  const holds = copies.flatMap(({ holds = [] }) =>
    holds.map(({ id, by, at, reason }) => `legal hold ${id} by ${by} since ${at}: ${reason}`),
  );
  return [...new Set([...kept, ...holds])];
}
