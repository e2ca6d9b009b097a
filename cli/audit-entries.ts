import { randomUUID } from 'node:crypto';
import type { AuditTarget, Signer } from '../policy/resolved.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { AuditFilter, AuditResult, VerifyAuditResult } from '../workflows/contract-audit.ts';
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

/** Verifies the audit log from its first entry on, by way of the zone that has it. @param zone only this zone's chain */
export async function verifiedLog(
  context: Context,
  target: AuditTarget,
  signers: Signer[],
  zone?: string,
): Promise<VerifyAuditResult> {
  const { client } = await context.temporal();
  const run = await started(
    client.workflow.start<Workflows['verifyAudit']>(workflowTypes.verifyAudit, {
      ...startOptions({
        zone: await zoneWithWorker(client, [target.repository.zone]),
        workflowId: `verify-audit/${randomUUID().slice(0, 8)}`,
        kind: workflowTypes.verifyAudit,
        summary: `Verification of the audit log in ${target.repository.name}`,
      }),
      args: [{ target, signers, ...(zone === undefined ? {} : { zone }) }],
    }),
  );
  return runToEnd(context, run);
}
