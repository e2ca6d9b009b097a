import type { Client } from '@temporalio/client';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import {
  copiesWorkflowId,
  healthWorkflowId,
  type LiveSchedule,
  liveSchedule,
  schedulePrefix,
} from '../../schedules/index.ts';
import type { WatchFault } from './facts.ts';

/** The Schedule of a check as Temporal has it, and as the policy wants it. */
export type WatchedCheck = { check: string; live: Pick<LiveSchedule, 'paused'> | null; paused: boolean };

/** What keeps the checks from running that nobody has to ask for. */
export async function checkFaults(
  client: Client,
  { checks: { zone, health, copies }, organization }: ResolvedPolicy,
  silent: readonly string[],
): Promise<WatchFault[]> {
  const liveOf = async (id: string) => {
    const live = await liveSchedule(client, `${schedulePrefix}${id}`);
    return live?.organization === organization ? live : null;
  };
  const [looking, counting] = await Promise.all([liveOf(healthWorkflowId), liveOf(copiesWorkflowId)]);
  return [
    ...(silent.includes(zone) ? [withoutWorker(zone)] : []),
    ...faultOfCheck({ check: 'check health', live: looking, paused: health.paused }),
    ...faultOfCheck({ check: 'check 3-2-1', live: counting, paused: copies.paused }),
  ];
}

const withoutWorker = (zone: string): WatchFault => ({
  subject: 'checks',
  sentence: `No worker of zone ${zone} answers, so nothing is checked and nobody is alerted: run \`holdfast worker --zone ${zone}\`.`,
});

/** A check that does not run finds nothing, and nobody would miss it. Pure. */
export function faultOfCheck({ check, live, paused }: WatchedCheck): WatchFault[] {
  const fault = (sentence: string): WatchFault[] => [{ subject: check, sentence }];
  if (live === null) return fault('It has no Schedule in Temporal, so nobody looks: run `holdfast apply`.');
  if (live.paused && !paused)
    return fault('It was paused by hand in Temporal, so nobody looks: unpause its Schedule there.');
  return [];
}
