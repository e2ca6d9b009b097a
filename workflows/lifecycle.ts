import { isCancellation } from '@temporalio/workflow';
import { openTrail, recordedOr } from './audit.ts';
import type { LifecycleInput, LifecycleResult } from './contract-lifecycle.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';

const quick = { within: 600, attempts: 3, patience: 20 };

/** Shows, checks and writes the lifecycle rules of a bucket, from the zone that reaches it. */
export async function lifecycle({ audit, person, ...input }: LifecycleInput): Promise<LifecycleResult> {
  const { name, zone } = input.repository;
  const tended = await tend(input);
  if (!tended.written) return tended;
  const told = await recordedOr(openTrail(audit, zone), {
    action: 'lifecycle.written',
    subject: name,
    outcome: 'done',
    person,
    facts: { rules: tended.rules.length },
  });
  return { ...tended, ...told };
}

async function tend(input: LifecycleInput): Promise<LifecycleResult> {
  try {
    return await activitiesIn(input.repository.zone, quick).tendLifecycle(input);
  } catch (error) {
    throw isCancellation(error) ? error : failWith(reasonOf(error));
  }
}
