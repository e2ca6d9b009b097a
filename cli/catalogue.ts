import { randomUUID } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPolicy, ResolvedRepository } from '../policy/resolved.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { CatalogueInput, CatalogueResult } from '../workflows/contract-catalogue.ts';
import { type BackupName, type FoundBackup, groupCopies, named } from './backups.ts';
import type { Context } from './context.ts';
import { backupRepositories } from './repositories.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

export type Question = {
  policy: ResolvedPolicy;
  repositories: readonly ResolvedRepository[];
  filter: CatalogueInput['filter'];
  limit: number;
};

/** Asks the repositories themselves, through the workers of their zones, which backups they hold. */
export async function readCatalogue(context: Context, question: Question): Promise<CatalogueResult> {
  const { policy, repositories, filter, limit } = question;
  const { client } = await context.temporal();
  const zones = [...new Set([...repositories.map(({ zone }) => zone), ...Object.keys(policy.zones)])];
  const run = await started(
    client.workflow.start<Workflows['catalogue']>(workflowTypes.catalogue, {
      ...startOptions({
        zone: await zoneWithWorker(client, zones),
        workflowId: `catalogue/${randomUUID()}`,
        kind: workflowTypes.catalogue,
        summary: `Backups in ${repositories.map(({ name }) => name).join(', ')}`,
        timeout: 900,
      }),
      args: [{ repositories: [...repositories], signers: policy.signers, filter, limit }],
    }),
  );
  const result = await runToEnd(context, run);
  for (const { repository, sentence } of result.unreadable)
    context.remark(`The repository ${repository} can't be read, so its backups are unknown: ${sentence}`);
  return result;
}

/**
 * Finds one backup with its copies in all repositories of the policy that are online.
 *
 * @param also a repository that is asked too, such as an air-gapped one that is attached
 *
 * @throws HoldfastError `not-found` when no repository holds it; `unreachable` when some could not be asked.
 */
export async function findBackup(
  context: Context,
  policy: ResolvedPolicy,
  name: BackupName,
  also?: string,
): Promise<FoundBackup> {
  const usual = backupRepositories(policy);
  const { entries, unreadable } = await readCatalogue(context, {
    policy,
    repositories:
      also === undefined ? usual : [...new Set([...usual, named(policy.repositories, also, 'repository')])],
    filter: 'id' in name ? { backupId: name.id } : { plan: name.latestOf },
    limit: 'id' in name ? 100 : 5,
  });
  const [backup] = groupCopies(entries).filter(({ copies }) => copies.length > 0);
  if (backup !== undefined) return backup;
  const what = 'id' in name ? `backup ${name.id}` : `backup of the plan ${name.latestOf}`;
  const faults = [...new Set(entries.map(({ fault }) => fault))].join(' ');
  if (entries.length > 0)
    throw new HoldfastError('untrusted-signature', `No copy of the ${what} can be trusted: ${faults}`);
  if (unreadable.length > 0)
    throw new HoldfastError(
      'unreachable',
      `No repository that could be read holds a ${what}; ${unreadable.map(({ repository }) => repository).join(', ')} could not be read.`,
      { hint: 'Mend that first: `holdfast doctor` tells what is wrong.' },
    );
  throw new HoldfastError('not-found', `No repository holds a ${what}.`, {
    hint: '`holdfast backup list` shows what there is.',
  });
}
