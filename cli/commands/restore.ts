import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { withHardwareKey } from '../../policy/resolve-people.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { usualThawing } from '../../policy/resolved-proof.ts';
import { counted, formatBytes, formatDuration } from '../../policy/units.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { type RestoreInput, type RestoreResult, releaseSignal } from '../../workflows/contract-restore.ts';
import { nameOf } from '../../workflows/deletion-text.ts';
import type { Act } from '../act.ts';
import { copiesNear, type FoundBackup, keysOf, named, parseBackupName, restoreZone } from '../backups.ts';
import { findBackup } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { countOption, durationOption } from '../durations.ts';
import { exit } from '../io.ts';
import type { Identity } from '../personal-signature.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { isAsAsked, type PartOptions, partOf, refuseParts, severalOption } from '../restore-part.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { requestIfAsked, signWithOption } from '../signed-request.ts';
import { printSwitch } from '../switch-print.ts';
import { startSwitch } from '../switches.ts';
import { examples } from './examples.ts';

type Options = Partial<Identity> &
  PartOptions & {
    intoScratch?: boolean;
    switchInto?: boolean;
    reason?: string;
    zone?: string;
    server?: string;
    from?: string;
    keep: number;
  };

export function addRestore(command: Command, act: Act): void {
  command
    .argument('<backup>', 'an id, or latest:PLAN')
    .option('--into-scratch', 'where to: an isolated place, destroyed afterwards')
    .option(
      '--switch-into',
      'into a scratch database beside the live one, which takes its place once others have approved',
    )
    .option(
      '--reason <text>',
      'why a live database is to be replaced, in one line; it is approved and recorded',
    )
    .option(...asOption)
    .option(...signWithOption)
    .option('--zone <zone>', 'whose worker restores; it must be able to open the key')
    .option(
      '--server <name>',
      'into a database of its own on this scratch server of the policy; else on a private one',
    )
    .option('--from <repository>', 'from this copy only; else the nearest, and the next one when it fails')
    .option(
      '--table <name>',
      'the rows of this table alone, as in the database (sales.orders); may be repeated',
      severalOption,
    )
    .option('--schema-only', 'no rows, only definitions')
    .option('--no-globals', 'no roles, owners and rights')
    .option('--jobs <count>', 'jobs of pg_restore; more than 1 need scratch space for the dump', countOption)
    .addOption(
      new Option('--keep <duration>', 'keep the scratch place so long for a look; Ctrl-C ends it')
        .argParser(durationOption)
        .default(0, 'not at all'),
    )
    .addHelpText(
      'after',
      examples(
        'holdfast restore latest:shop-daily --into-scratch',
        'holdfast restore 20261121T010000Z-1a2b3c4d --into-scratch --from offsite --keep 30m',
        'holdfast restore latest:shop-daily --into-scratch --server development --keep 2h',
        'holdfast restore latest:shop-daily --into-scratch --table orders --table sales.items --keep 1h',
        'holdfast restore latest:shop-daily --switch-into --as dba-1 --reason "a deploy deleted orders"',
      ),
    )
    .action(
      act<Options>(async (context, options, [text = '']) => {
        if (options.intoScratch === options.switchInto)
          throw new HoldfastError('bad-usage', 'A restore goes into a scratch place, never over live data.', {
            hint: 'Add --into-scratch, or --switch-into where the restored database is to become the live one.',
          });
        if (options.switchInto === true) {
          refuseParts(options);
          if (options.server !== undefined)
            throw new HoldfastError(
              'bad-usage',
              'What takes the place of a live database is restored beside it.',
              {
                hint: 'Leave --server out, or restore --into-scratch.',
              },
            );
          const state = await startSwitch(context, text, options);
          context.out.result(state, () => printSwitch(context, state));
          return exit.done;
        }
        const result = await restore(context, text, options);
        context.out.result(result, () => print(context, result));
        return isAsAsked(result) ? exit.done : exit.fault;
      }),
    );
}

/**
 * Where a backup is restored, and from which copies.
 *
 * @throws HoldfastError `bad-usage`, `bad-key` or `not-found` where that can't be
 */
function whereTo(
  policy: ResolvedPolicy,
  found: FoundBackup,
  { zone, server: name, from }: Options,
): Pick<RestoreInput, 'zone' | 'candidates' | 'server'> {
  const server = name === undefined ? undefined : named(policy.scratchServers, name, 'scratch server');
  if (server !== undefined && zone !== undefined && zone !== server.zone)
    throw new HoldfastError('bad-usage', `The scratch server ${name} is in zone ${server.zone}.`, {
      hint: 'Leave --zone out.',
    });
  const keyName = found.copies[0]?.key ?? '';
  const place = restoreZone(policy, { source: found.source, keyName }, zone ?? server?.zone);
  const candidates = copiesNear(policy, found, place, from);
  return { zone: place.zone, candidates, ...(server === undefined ? {} : { server }) };
}

async function restore(context: Context, text: string, options: Options): Promise<RestoreResult> {
  const name = parseBackupName(text);
  const { policy } = await context.loadPolicy();
  const recorded = recordedBy(policy, options.as);
  const found = await findBackup(context, policy, name, options.from);
  const where = whereTo(policy, found, options);
  const { client } = await context.temporal();
  const workflowId = `restore/${found.backupId}/${randomUUID().slice(0, 8)}`;
  const backup = { source: found.source, backupId: found.backupId };
  const secondFactor = policy.secondFactor.includes('restore') ? withHardwareKey(policy.people) : undefined;
  const request = await requestIfAsked(context, options, secondFactor, {
    kind: 'restore',
    subject: nameOf(backup),
    workflowId,
  });
  const run = await started(
    client.workflow.start<Workflows['restore']>(workflowTypes.restore, {
      ...startOptions({
        zone: await zoneWithWorker(client, [where.zone]),
        workflowId,
        kind: workflowTypes.restore,
        summary: `Restore of ${found.backupId} into scratch in ${where.zone}`,
        attributes: { HoldfastSource: found.source, HoldfastPlan: found.plan },
      }),
      args: [
        {
          backup,
          ...where,
          signers: policy.signers,
          keys: keysOf(Object.values(policy.plans)),
          keep: options.keep,
          thaw: usualThawing,
          ...partOf(options),
          ...recorded,
          ...request,
          ...(secondFactor === undefined ? {} : { secondFactor }),
        },
      ],
    }),
  );
  let told = false;
  return runToEnd(context, run, {
    onHeartbeat: ({ connect }) => {
      if (connect === null || told) return;
      told = true;
      context.remark(
        `Restored. Have a look, for ${formatDuration(options.keep)} or until Ctrl-C:\n  ${connect}`,
      );
    },
    // The workflow destroys the scratch place in either case, so its end is waited for.
    onInterrupt: async () => {
      if (told) await client.workflow.getHandle(run.workflowId).signal(releaseSignal);
      else await run.cancel();
    },
  });
}

function print({ out, colors }: Context, result: RestoreResult): void {
  const mark = result.result === 'passed' ? colors.green(result.result) : colors.red(result.result);
  const rows =
    result.rows === null ? '' : `, ${counted(result.rows, 'row')} in ${counted(result.tables ?? 0, 'table')}`;
  out.line(
    `${mark}  ${result.backup.backupId} from ${result.repository}: ${formatBytes(result.bytes)} in ${formatDuration(result.seconds)}${rows}`,
  );
  if (result.differences?.length === 0) out.line('  What was restored equals what was backed up.');
  for (const { what, expected, actual } of result.differences ?? [])
    out.line(`  differs    ${what}: backed up ${expected}, restored ${actual}`);
  if (result.more !== undefined) out.line(`  differs    and ${result.more} more`);
  for (const sentence of result.exceptions) out.line(`  exception  ${sentence}`);
  for (const sentence of result.warnings) out.line(`  warning    ${sentence}`);
}
