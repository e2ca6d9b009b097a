import type { Client } from '@temporalio/client';
import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { LastCheck } from '../workflows/contract-failover.ts';
import { runbookCheckId } from '../workflows/contract-runbook.ts';
import type { Context } from './context.ts';
import { runIdFor } from './failovers.ts';

/** Seconds that each step took in the last rehearsal of this very version, as Temporal knows it; empty where it does not. */
export async function measuredSteps(
  context: Context,
  runbook: ResolvedRunbook,
): Promise<Record<string, number>> {
  try {
    const { client } = await context.temporal();
    const handle = client.workflow.getHandle<Workflows['failover']>(runIdFor(runbook.name, 'drill'));
    const { status } = await handle.describe();
    if (status.name !== 'COMPLETED') return {};
    const { version, steps } = await handle.result();
    if (version !== runbook.version) return {};
    return Object.fromEntries(
      steps.flatMap(({ id, startedAt, endedAt }) =>
        startedAt === null || endedAt === null
          ? []
          : [[id, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000]],
      ),
    );
  } catch {
    // A preview is of use with Temporal gone as well: then nothing is predicted.
    return {};
  }
}

/** The newest check of a runbook that Temporal knows; nothing where it can't be told, since a disaster doesn't wait. */
export async function lastCheckOf(
  client: Client,
  { name }: ResolvedRunbook,
): Promise<{ lastCheck?: LastCheck }> {
  const id = runbookCheckId(name);
  const query = `WorkflowType = '${workflowTypes.runbookCheck}' and WorkflowId STARTS_WITH '${id}' and ExecutionStatus = 'Completed'`;
  try {
    for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 20 })) {
      // Another runbook's name may begin as this one does.
      if (!/^(\/by-hand-|-\d{4}-)/.test(workflowId.slice(id.length))) continue;
      const handle = client.workflow.getHandle<Workflows['runbookCheck']>(workflowId, runId);
      const { at, version, result, findings } = await handle.result();
      const faults = findings.filter(({ outcome }) => outcome === 'fault').map(({ step }) => step);
      return { lastCheck: { at, version, result, faults: [...new Set(faults)].slice(0, 20) } };
    }
  } catch {
    return {};
  }
  return {};
}
