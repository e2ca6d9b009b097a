import { randomUUID } from 'node:crypto';
import type { AuditTarget } from '../policy/resolved.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { AuditFilter, AuditResult } from '../workflows/contract-audit.ts';
import type { Context } from './context.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

/** A workflow's answer must stay below what Temporal takes. */
export const mostEntries = 1000;

/** Entries of the audit log, newest first, by way of the zone that has it. */
export async function auditEntries(
  context: Context,
  target: AuditTarget,
  filter: AuditFilter,
  limit = mostEntries,
): Promise<AuditResult> {
  const { client } = await context.temporal();
  const run = await started(
    client.workflow.start<Workflows['audit']>(workflowTypes.audit, {
      ...startOptions({
        zone: await zoneWithWorker(client, [target.repository.zone]),
        workflowId: `audit/${randomUUID()}`,
        kind: workflowTypes.audit,
        summary: `Audit log in ${target.repository.name}`,
        timeout: 3600,
      }),
      args: [{ target, filter, limit }],
    }),
  );
  return runToEnd(context, run);
}
