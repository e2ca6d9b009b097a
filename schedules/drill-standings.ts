import type { Client } from '@temporalio/client';
import { type DrillStanding, drillIdOf, type WatchedDrill } from '../workflows/contract-drills.ts';
import { schedulePrefix } from './kinds.ts';
import { liveSchedule } from './live.ts';
import { inParallel } from './parallel.ts';

/** How the Schedules of drills stand, as Temporal tells: a paused one has no next time. */
export function drillStandings(
  client: Client,
  drills: readonly Pick<WatchedDrill, 'runbook' | 'drill'>[],
): Promise<DrillStanding[]> {
  return inParallel(drills, 16, async ({ runbook, drill }): Promise<DrillStanding> => {
    const live = await liveSchedule(client, `${schedulePrefix}${drillIdOf(runbook, drill)}`);
    const paused = live?.paused ?? false;
    return {
      ...{ runbook, drill, paused },
      applied: live !== null,
      next: live === null || paused ? [] : live.next.map((at) => at.toISOString()),
      fired: live?.recent.map(({ at }) => at.toISOString()) ?? [],
    };
  });
}
