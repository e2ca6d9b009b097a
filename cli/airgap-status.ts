import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { readFillings } from '../activities/airgap.ts';
import { intervalsOf } from '../policy/cron.ts';
import { sentenceOf } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import { formatDuration } from '../policy/units.ts';
import { airgapInput } from '../schedules/index.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { AirgapInput, AirgapStateInput, AirgapStateResult } from '../workflows/contract-airgap.ts';
import type { Context } from './context.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

/** How an air-gapped repository stands. Times are ISO 8601 in UTC, ages in seconds. */
export type AirgapStatus = {
  repository: string;
  filledAt: string | null;
  plans: { plan: string; backupId: string; dataTime: string; age: number }[];
  faults: string[];
};

/** Asks online repositories when an air-gapped one was filled last. */
type Fillings = (question: AirgapStateInput) => Promise<AirgapStateResult>;

/** How each air-gapped repository stands, as the online ones remember it: it lies in a safe itself. */
export async function airgapStatuses(
  policy: ResolvedPolicy,
  fillings: Fillings,
  now: Date,
): Promise<AirgapStatus[]> {
  const inputs = Object.keys(policy.repositories).flatMap((name) => airgapInput(policy, name) ?? []);
  return Promise.all(
    inputs.map(async (input) => {
      const { name } = input.repository;
      const from = input.plans.flatMap((plan) => plan.from);
      const records = [...new Map(from.map((each) => [each.name, each])).values()];
      const state = await fillings({ repository: name, records }).catch(
        (error: unknown): AirgapStateResult => ({
          record: null,
          unreadable: [{ repository: name, sentence: sentenceOf(error) }],
        }),
      );
      return airgapStatus(input, state, now);
    }),
  );
}

/** Asks through Temporal, each repository by its own zone. */
export function fillingsThroughWorkers(context: Context, client: Client): Fillings {
  return async (question) => {
    const run = await started(
      client.workflow.start<Workflows['airgapState']>(workflowTypes.airgapState, {
        ...startOptions({
          zone: await zoneWithWorker(client, [...new Set(question.records.map(({ zone }) => zone))]),
          workflowId: `airgap-state/${randomUUID()}`,
          kind: workflowTypes.airgapState,
          summary: `When ${question.repository} was filled last`,
          timeout: 900,
        }),
        args: [question],
      }),
    );
    return runToEnd(context, run);
  };
}

/** Asks the repositories that this machine reaches. */
export function fillingsFromHere(signal: AbortSignal): Fillings {
  return (question) => readFillings({ signal }, question);
}

/** What its last filling means for a repository. Pure. */
export function airgapStatus(
  input: AirgapInput,
  { record, unreadable }: AirgapStateResult,
  now: Date,
): AirgapStatus {
  const { name } = input.repository;
  const plans = (record?.plans ?? []).flatMap(({ plan, newest }) =>
    newest === null
      ? []
      : [{ plan, ...newest, age: Math.round((now.getTime() - Date.parse(newest.dataTime)) / 1000) }],
  );
  const faults = unreadable.map(
    ({ repository, sentence }) => `${repository} could not tell when it was filled: ${sentence}`,
  );
  if (record === null && unreadable.length === 0)
    faults.push(`It was never filled: run \`holdfast repository fill ${name}\`.`);
  const missing =
    record === null ? [] : input.plans.filter(({ plan }) => !plans.some((each) => each.plan === plan));
  for (const { plan } of missing) faults.push(`It holds no backup of ${plan}.`);
  const age = record === null ? 0 : (now.getTime() - Date.parse(record.at)) / 1000;
  const { schedule, patience } = input.manual;
  if (age > intervalsOf(schedule.cron).longest + patience + schedule.deadline)
    faults.push(`It was filled ${formatDuration(age)} ago, and the filling after that is overdue.`);
  return { repository: name, filledAt: record?.at ?? null, plans, faults };
}
