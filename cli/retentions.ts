import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { decideOn } from '../activities/retention-weigh.ts';
import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedPlan } from '../policy/resolved.ts';
import type { Decided, RetainedBackup } from '../retention/index.ts';
import { attributesOf, retentionWorkflowId } from '../schedules/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { RetentionInput, RetentionResult } from '../workflows/contract-retention.ts';
import type { Context } from './context.ts';
import { type Run, runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

/** What a run saw and decided, backup by backup; decided again here, since it is the same for everybody. */
export type Detailed = { plan: ResolvedPlan; result: RetentionResult; backups: (Decided & RetainedBackup)[] };

const previewSuffix = '/preview-';

/** Seconds that a run by hand may take, with the days in which somebody may confirm it. */
const timeLimit = 10 * 86_400;

/**
 * Starts retention of a plan by hand. At most one run by hand is under way; one beside a scheduled run is harmless.
 *
 * @throws HoldfastError `unreachable` without a worker in the source's zone, `already-exists`
 */
export async function startRetention(
  context: Context,
  plan: ResolvedPlan,
  input: Omit<RetentionInput, 'plan'>,
): Promise<Run<RetentionResult>> {
  const { client } = await context.temporal();
  const kind = workflowTypes.retention;
  const suffix = input.mode === 'run' ? '/by-hand' : `${previewSuffix}${randomUUID().slice(0, 8)}`;
  return started(
    client.workflow.start<Workflows['retention']>(kind, {
      ...startOptions({
        zone: await zoneWithWorker(client, [plan.source.zone]),
        workflowId: `${retentionWorkflowId(plan.name)}${suffix}`,
        kind,
        summary: `${input.mode === 'run' ? 'Retention' : 'Preview of the retention'} of plan ${plan.name}`,
        attributes: attributesOf(plan, kind),
        timeout: timeLimit,
      }),
      args: [{ plan, ...input }],
    }),
  );
}

/** What a run of retention would do, without doing it. @throws HoldfastError `bad-usage` for a plan without rules */
export async function previewRetention(context: Context, plan: ResolvedPlan): Promise<Detailed> {
  requireRules(plan);
  const run = await startRetention(context, plan, { mode: 'preview' });
  return detailed(plan, await runToEnd(context, run));
}

export function requireRules({ name, retention }: ResolvedPlan): void {
  if (retention !== undefined) return;
  throw new HoldfastError('bad-usage', `The plan ${name} has no retention: its backups are kept for ever.`, {
    hint: 'Write one under `retention` in the policy, and name it in the plan.',
  });
}

export function detailed(plan: ResolvedPlan, result: RetentionResult): Detailed {
  const { survey, now } = result;
  const { backups, byId } = decideOn({ plan, survey, now });
  return {
    plan,
    result,
    backups: backups.flatMap((decided) => {
      const backup = byId.get(decided.backupId);
      return backup === undefined ? [] : [{ ...backup, ...decided }];
    }),
  };
}

/**
 * The run of a plan's retention that is under way; the one that was started last.
 *
 * @throws HoldfastError `not-found`
 */
export async function runningRetention(client: Client, plan: string): Promise<string> {
  const query = `WorkflowType = '${workflowTypes.retention}' AND HoldfastPlan = '${plan}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query }))
    if (!workflowId.includes(previewSuffix)) return workflowId;
  throw new HoldfastError('not-found', `No retention of the plan ${plan} is under way.`, {
    hint: `Start one with \`holdfast retention run ${plan}\`.`,
  });
}
