import type { Client } from '@temporalio/client';
import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { LastCheck } from '../workflows/contract-failover.ts';
import { runbookCheckId } from '../workflows/contract-runbook.ts';

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
