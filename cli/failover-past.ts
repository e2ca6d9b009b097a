import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import type { Workflows } from '../workflows/contract.ts';
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
