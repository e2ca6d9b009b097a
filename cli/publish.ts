import type { LoadedPolicy } from '../policy/index.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { hasWorker } from '../schedules/index.ts';
import { type Recorded, type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { PolicySeal, PublishResult } from '../workflows/contract-upkeep.ts';
import type { Temporal } from './connect.ts';
import type { Context } from './context.ts';
import { remarkAll } from './recorded.ts';
import { onlineRepositories } from './repositories.ts';
import { runToEnd, started, startOptions } from './run-workflow.ts';

/** What became of the policy's text in one repository. */
export type Publication = Omit<PublishResult['repositories'][number], 'outcome'> & {
  outcome: PublishResult['repositories'][number]['outcome'] | 'waiting';
};

/**
 * Lays the policy down in each repository, so that a bucket alone can start a recovery. A zone without a worker gets
 * it when its worker starts: the workflow waits for it. The zone of the audit log is first, so that a new one is a
 * repository before anything is recorded in it.
 */
export async function publish(
  context: Context,
  { policy, source, publicKeys }: LoadedPolicy,
  temporal: Temporal,
  recorded: Recorded = {},
): Promise<Publication[]> {
  const at = new Date().toISOString();
  const zones = [...new Set(onlineRepositories(policy).map(({ zone }) => zone))];
  const publishAll = async (some: string[]) => {
    const parts = some.map((zone) =>
      publishIn(context, temporal, { policy, source, zone, recorded, sealed: { at, publicKeys } }),
    );
    return (await Promise.all(parts)).flat();
  };
  const first = zones.filter((zone) => zone === policy.audit?.repository.zone);
  const rest = zones.filter((zone) => !first.includes(zone));
  return [...(await publishAll(first)), ...(await publishAll(rest))];
}

type Publishing = {
  policy: ResolvedPolicy;
  source: string;
  zone: string;
  recorded: Recorded;
  sealed: Pick<PolicySeal, 'at' | 'publicKeys'>;
};

async function publishIn(
  context: Context,
  temporal: Temporal,
  publishing: Publishing,
): Promise<Publication[]> {
  const { policy, source, zone, recorded } = publishing;
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
      args: [
        {
          organization,
          hash,
          text: source,
          repositories,
          ...recordedIn(zone, recorded),
          ...(await sealIn(context, temporal, publishing)),
        },
      ],
    }),
  );
  if (await hasWorker(temporal.client, zone)) {
    const result = await runToEnd(context, run);
    remarkAll(context, result.warnings);
    return result.repositories;
  }
  const sentence = `the policy is laid down when a worker of zone ${zone} starts`;
  return repositories.map(({ name }) => ({ repository: name, outcome: 'waiting', sentence }));
}

/** The zone itself signs what it lays down; one without a signing key has it signed by another that has a worker. */
async function sealIn(
  context: Context,
  { client }: Temporal,
  { policy: { signingKeys }, zone, sealed }: Publishing,
): Promise<{ seal?: PolicySeal }> {
  for (const signing of [zone, ...Object.keys(signingKeys)]) {
    const signingKey = signingKeys[signing];
    if (signingKey !== undefined && (signing === zone || (await hasWorker(client, signing))))
      return { seal: { ...sealed, zone: signing, signingKey } };
  }
  context.remark(
    `No zone that signs has a worker, so the policy lies unsigned in ${zone}, and \`holdfast recover\` will not take it from there: apply it again when one has.`,
  );
  return {};
}

/** A zone without a signing key has no chain: nothing backs up there, and the other zones record the same policy. */
function recordedIn(zone: string, { audit, person }: Recorded): Recorded {
  if (audit?.signingKeys[zone] === undefined) return {};
  return { audit, ...(person === undefined ? {} : { person }) };
}
