import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { progressQuery } from '../../workflows/contract.ts';
import {
  type Confirmation,
  confirmMessage,
  type HoldInput,
  type RetentionInput,
  type RetentionProgress,
} from '../../workflows/contract-retention.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { eventually } from '../servers/index.ts';

/** The plan with rules by which of a day's backups all go but the first and the newest. */
export function keepingFew(plan: ResolvedPlan): ResolvedPlan {
  return {
    ...plan,
    retention: {
      name: 'few',
      rules: {
        kind: 'gfs',
        keep: { daily: { newest: 1 }, weekly: { newest: 1 } },
        anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
      },
      schedule: { cron: '0 3 * * 0', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
      storage: {},
    },
  };
}

/** Runs of retention to record, in this order. */
export function recordedRetentions(
  plan: ResolvedPlan,
): { name: string; input: RetentionInput; meanwhile?: (handle: WorkflowHandle) => Promise<void> }[] {
  const kept = keepingFew(plan);
  return [
    { name: 'retention-preview', input: { plan: kept, mode: 'preview' } },
    { name: 'retention-unexpected', input: { plan: kept, mode: 'run', expect: '0'.repeat(64) } },
    { name: 'retention-confirmed', input: { plan: kept, mode: 'run' }, meanwhile: confirmed },
    { name: 'retention-again', input: { plan: kept, mode: 'run' } },
  ];
}

async function confirmed(handle: WorkflowHandle): Promise<void> {
  await eventually(async () => {
    const { phase } = await handle.query<RetentionProgress>(progressQuery);
    if (phase !== 'waiting for confirmation') throw new Error(`it is ${phase}`);
  }, 60);
  await handle.executeUpdate<string, [Confirmation]>(confirmMessage, { args: [{ by: 'dba-1' }] });
}

/** A legal hold, and its release. */
export function recordedHolds(plan: ResolvedPlan, backup: BackupRef): { name: string; input: HoldInput }[] {
  const input = {
    backup,
    zone: plan.source.zone,
    repositories: plan.copies,
    by: 'counsel-1',
    ...(plan.audit === undefined ? {} : { audit: plan.audit }),
  };
  return [
    { name: 'hold', input: { ...input, mode: 'hold', reason: 'a case' } },
    { name: 'hold-released', input: { ...input, mode: 'release', reason: 'closed' } },
  ];
}
