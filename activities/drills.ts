import { Context } from '@temporalio/activity';
import { drillStandings } from '../schedules/drill-standings.ts';
import type { DrillStanding, LookAtDrillsInput } from '../workflows/contract-drills.ts';
import type { Work } from './work.ts';

/** How the Schedules of drills stand, as Temporal tells. */
export function lookAtDrills(_work: Work, { drills }: LookAtDrillsInput): Promise<DrillStanding[]> {
  return drillStandings(Context.current().client, drills);
}
