import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { HoldInput, HoldResult } from '../../workflows/contract-retention.ts';
import type { Act } from '../act.ts';
import { parseBackupName } from '../backups.ts';
import { findBackup } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { saidBy } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

type Options = { reason: string; as: string };

export function addBackupHold(backup: Command, act: Act): void {
  add(
    backup,
    act,
    'hold',
    'put a backup under a legal hold: it neither expires nor can be deleted until it is released',
    ['holdfast backup hold 20261121T010000Z-1a2b3c4d --reason "case 2026-17" --as counsel-1'],
  );
}

export function addBackupRelease(backup: Command, act: Act): void {
  add(backup, act, 'release', 'release a backup from its legal holds', [
    'holdfast backup release 20261121T010000Z-1a2b3c4d --reason "case closed" --as counsel-1',
  ]);
}

function add(backup: Command, act: Act, mode: HoldInput['mode'], description: string, lines: string[]): void {
  backup
    .command(mode)
    .description(description)
    .argument('<backup>', 'an id, or latest:PLAN')
    .requiredOption('--reason <text>', 'why, in one line; it lies beside the backup for everybody to read')
    .requiredOption('--as <person>', 'who says so; it is recorded')
    .addHelpText('after', examples(...lines))
    .action(
      act<Options>(async (context, options, [text = '']) => {
        const result = await holdOrRelease(context, text, mode, options);
        context.out.result(result, () => print(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

async function holdOrRelease(
  context: Context,
  text: string,
  mode: HoldInput['mode'],
  { reason, as }: Options,
): Promise<HoldResult> {
  const name = parseBackupName(text);
  const { policy } = await context.loadPolicy();
  const by = saidBy(policy, as);
  const { source, backupId, plan } = await findBackup(context, policy, name);
  const { client } = await context.temporal();
  const zone = await zoneWithWorker(client, [
    ...(policy.sources[source] === undefined ? [] : [policy.sources[source].zone]),
    ...Object.keys(policy.zones),
  ]);
  const run = await started(
    client.workflow.start<Workflows['hold']>(workflowTypes.hold, {
      ...startOptions({
        zone,
        workflowId: `hold/${backupId}/${randomUUID().slice(0, 8)}`,
        kind: workflowTypes.hold,
        summary: `${mode === 'hold' ? 'Legal hold' : 'Release'} of ${backupId} by ${by}`,
        attributes: { HoldfastSource: source, HoldfastPlan: plan },
        timeout: 3600,
      }),
      args: [
        {
          backup: { source, backupId },
          zone,
          repositories: Object.values(policy.repositories),
          mode,
          by,
          reason,
          ...(policy.audit === undefined ? {} : { audit: policy.audit }),
        },
      ],
    }),
  );
  return runToEnd(context, run);
}

function print({ out, colors }: Context, { backup, repositories }: HoldResult): void {
  for (const { repository, outcome, sentence } of repositories) {
    const mark = outcome === 'failed' ? colors.red(outcome) : outcome.replace('-', ' ');
    out.line(
      `${mark.padEnd(9)} ${backup.backupId} in ${repository}${sentence === undefined ? '' : `: ${sentence}`}`,
    );
  }
}
