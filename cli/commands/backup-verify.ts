import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { formatBytes } from '../../policy/units.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { CopyVerification, VerifyResult } from '../../workflows/contract-verify.ts';
import type { Act } from '../act.ts';
import { keysOf, named, parseBackupName } from '../backups.ts';
import { findBackup } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { asOption, recordedBy, remarkAll } from '../recorded.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

export function addBackupVerify(backup: Command, act: Act): void {
  backup
    .command('verify')
    .description('read every copy of a backup again: hashes, signature, and with --deep its contents')
    .argument('<backup>', 'an id, or latest:PLAN')
    .option(...asOption)
    .option('--deep', 'decrypt where a key is at hand, and read the table of contents')
    .addHelpText(
      'after',
      examples(
        'holdfast backup verify latest:shop-daily',
        'holdfast backup verify 20261121T010000Z-1a2b3c4d --deep',
      ),
    )
    .action(
      act<{ deep?: boolean; as?: string }>(async (context, { deep, as }, [text = '']) => {
        const name = parseBackupName(text);
        const { policy } = await context.loadPolicy();
        const recorded = recordedBy(policy, as);
        const found = await findBackup(context, policy, name);
        const { client } = await context.temporal();
        const held = [...found.copies, ...found.faulty].map(({ repository }) =>
          named(policy.repositories, repository, 'repository'),
        );
        const ref = { source: found.source, backupId: found.backupId };
        const run = await started(
          client.workflow.start<Workflows['verify']>(workflowTypes.verify, {
            ...startOptions({
              zone: await zoneWithWorker(client, [
                ...new Set(held.map(({ zone }) => zone)),
                ...Object.keys(policy.zones),
              ]),
              workflowId: `verify/${found.backupId}/${randomUUID().slice(0, 8)}`,
              kind: workflowTypes.verify,
              summary: `Verification of ${found.backupId} in ${held.map(({ name }) => name).join(', ')}`,
              attributes: { HoldfastSource: found.source, HoldfastPlan: found.plan },
            }),
            args: [
              {
                backup: ref,
                repositories: held,
                signers: policy.signers,
                deep: deep === true,
                keys: keysOf(Object.values(policy.plans)),
                ...recorded,
              },
            ],
          }),
        );
        const result = await runToEnd(context, run);
        remarkAll(context, result.warnings);
        context.out.result(result, () => print(context, result));
        return result.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

function print({ out, colors }: Context, { result, backup, copies }: VerifyResult): void {
  for (const copy of copies) {
    const mark = copy.outcome === 'passed' ? colors.green(copy.outcome) : colors.red(copy.outcome);
    const contents = copy.contents === undefined ? '' : `, ${copy.contents} entries in its contents`;
    const signed = copy.signedBy === undefined ? '' : `, signed by ${copy.signedBy}`;
    const read = `${copy.files} files${alsoByService(copy)}, ${formatBytes(copy.bytes)}`;
    out.line(`${mark}  ${copy.repository}: ${read}${signed}${contents}`);
    for (const sentence of copy.sentences) out.line(`  ${sentence}`);
  }
  out.line(`${backup.backupId}: ${result}`);
}

/** How many files the checksum of a service was compared with; nothing where files were not read, or not counted. */
export function alsoByService({ files, serviceChecksums }: CopyVerification): string {
  if (files === 0 || serviceChecksums === undefined) return '';
  return serviceChecksums === 0
    ? ' (no checksum of a service to compare)'
    : ` (${serviceChecksums} also by the service's checksum)`;
}
