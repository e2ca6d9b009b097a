import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { progressQuery, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { DeletionProgress } from '../../workflows/contract-deletion.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { nameOf } from '../../workflows/deletion-text.ts';
import type { Act } from '../act.ts';
import { newRunId } from '../approvals.ts';
import { readCatalogue } from '../catalogue.ts';
import type { Context } from '../context.ts';
import { printDeletion } from '../deletion-print.ts';
import { deletionInput } from '../deletions.ts';
import { exit } from '../io.ts';
import { type Identity, personNamed } from '../personal-signature.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { signedRequest } from '../signed-request.ts';
import { examples } from './examples.ts';

type Options = Identity & { reason: string };

export function addDeletionRequest(deletion: Command, act: Act): void {
  deletion
    .command('request')
    .description('ask for backups to be deleted: shows what would go, and asks others to approve it')
    .argument('<backups...>', 'ids of backups; SOURCE/ID where the id alone is not found')
    .requiredOption('--reason <text>', 'why, in one line; it is recorded and approved with the list')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', 'a hardware-backed SSH key, where the policy wants a second factor')
    .addHelpText(
      'after',
      examples(
        'holdfast deletion request 20261121T010000Z-1a2b3c4d --reason "restored wrongly, replaced" --as dba-1',
        'holdfast deletion request shop/20261121T010000Z-1a2b3c4d --reason "customer left" --as dba-1 --json',
      ),
    )
    .action(
      act<Options>(async (context, options, ids) => {
        const state = await request(context, ids, options);
        context.out.result(state, () => printDeletion(context, state));
        return exit.done;
      }),
    );
}

async function request(context: Context, ids: string[], options: Options): Promise<DeletionProgress> {
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, options.as);
  const backups = await findBackups(context, policy, [...new Set(ids)]);
  const { client } = await context.temporal();
  const zone = await zoneWithWorker(client, deciding(policy));
  const workflowId = newRunId('deletion');
  const names = backups.map(nameOf);
  const signed = policy.deletion.secondFactor
    ? await signedRequest(context, options, {
        kind: 'deletion',
        subject: names.join(' '),
        workflowId,
        people: [person],
      })
    : undefined;
  const run = await started(
    client.workflow.start<Workflows['deletion']>(workflowTypes.deletion, {
      ...startOptions({
        zone,
        workflowId,
        kind: workflowTypes.deletion,
        summary: `Deletion of ${names.join(', ')}, asked for by ${person.name}`,
        attributes: { HoldfastSource: backups[0]?.source ?? '' },
      }),
      memo: { requester: person.name, reason: options.reason, backups: names },
      args: [
        deletionInput(policy, {
          zone,
          requester: person.name,
          reason: options.reason,
          backups,
          request: signed,
        }),
      ],
    }),
  );
  return examined(context, client.workflow.getHandle<Workflows['deletion']>(run.workflowId));
}

/** Zones whose workers can lead it: with an audit log, those that can write one. */
function deciding({ audit, zones, signingKeys }: ResolvedPolicy): string[] {
  const names = Object.keys(zones);
  if (audit === undefined) return names;
  if (audit.repository.kind === 'filesystem') return [audit.repository.zone];
  return names.filter((zone) => Object.hasOwn(signingKeys, zone));
}

/** Waits until it is known what would go; a request that the rules refuse ends the workflow, and is thrown. */
async function examined(
  context: Context,
  handle: WorkflowHandle<Workflows['deletion']>,
): Promise<DeletionProgress> {
  context.progress.show('Asking the repositories');
  for (;;) {
    const state = await handle.query<DeletionProgress>(progressQuery);
    if (state.phase === 'refused' || state.phase === 'failed') await runToEnd(context, handle);
    if (state.phase !== 'examining') return state;
    await pause(300, undefined, { signal: context.io.signal }).catch(() => {
      throw new HoldfastError('interrupted', `Stopped waiting for ${handle.workflowId}.`, {
        hint: 'The request itself goes on; `holdfast deletion cancel` ends it.',
      });
    });
  }
}

/**
 * The sources of the backups asked for. What the catalogue does not know, such as the rest of a removal that was ended
 * midway, is named by SOURCE/ID.
 */
async function findBackups(context: Context, policy: ResolvedPolicy, ids: string[]): Promise<BackupRef[]> {
  const backups: BackupRef[] = [];
  for (const text of ids) {
    const [, source, backupId = ''] = /^(?:([a-z0-9-]+)\/)?(\d{8}T\d{6}Z-[0-9a-f]{8})$/.exec(text) ?? [];
    if (backupId === '')
      throw new HoldfastError('bad-usage', `"${text}" does not name a backup to delete.`, {
        hint: 'Give ids such as 20261121T010000Z-1a2b3c4d from `holdfast backup list`, or SOURCE/ID.',
      });
    backups.push({ source: source ?? (await sourceOf(context, policy, backupId)), backupId });
  }
  return backups;
}

async function sourceOf(context: Context, policy: ResolvedPolicy, backupId: string): Promise<string> {
  const repositories = Object.values(policy.repositories);
  const { entries } = await readCatalogue(context, { policy, repositories, filter: { backupId }, limit: 10 });
  const sources = [...new Set(entries.map(({ source }) => source))];
  const [only, another] = sources;
  if (only !== undefined && another === undefined) return only;
  throw new HoldfastError(
    'not-found',
    only === undefined
      ? `No repository that could be read holds a backup ${backupId}.`
      : `${backupId} is a backup of ${sources.join(' and of ')}.`,
    { hint: `Write it with its source: SOURCE/${backupId}.` },
  );
}
