import type { LoadedPolicy } from '../policy/index.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { type PublishResult, type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { Temporal } from './connect.ts';
import type { Context } from './context.ts';
import { onlineRepositories } from './repositories.ts';
import { hasWorker, runToEnd, started, startOptions } from './run-workflow.ts';

/** What became of the policy's text in one repository. */
export type Publication = Omit<PublishResult['repositories'][number], 'outcome'> & {
  outcome: PublishResult['repositories'][number]['outcome'] | 'waiting';
};

/**
 * Lays the policy down in each repository, so that a bucket alone can start a recovery. A zone without a worker gets
 * it when its worker starts: the workflow waits for it.
 */
export async function publish(
  context: Context,
  { policy, source }: LoadedPolicy,
  temporal: Temporal,
): Promise<Publication[]> {
  const zones = [...new Set(onlineRepositories(policy).map(({ zone }) => zone))];
  const parts = await Promise.all(
    zones.map((zone) => publishIn(context, temporal, { policy, source, zone })),
  );
  return parts.flat();
}

async function publishIn(
  context: Context,
  temporal: Temporal,
  { policy, source, zone }: { policy: ResolvedPolicy; source: string; zone: string },
): Promise<Publication[]> {
  const repositories = onlineRepositories(policy).filter((repository) => repository.zone === zone);
  const { organization, hash } = policy;
  const run = await started(
    temporal.client.workflow.start<Workflows['publishPolicy']>(workflowTypes.publishPolicy, {
      ...startOptions({
        zone,
        workflowId: `publish/${zone}`,
        kind: workflowTypes.publishPolicy,
        summary: `Policy ${hash.slice(0, 12)} into the repositories of ${zone}`,
        replaces: true,
      }),
      args: [{ organization, hash, text: source, repositories }],
    }),
  );
  if (await hasWorker(temporal.client, zone)) return (await runToEnd(context, run)).repositories;
  const sentence = `the policy is laid down when a worker of zone ${zone} starts`;
  return repositories.map(({ name }) => ({ repository: name, outcome: 'waiting', sentence }));
}
