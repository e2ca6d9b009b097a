import type { DesiredSchedule } from '../../schedules/desired.ts';
import type { LiveSchedule } from '../../schedules/live.ts';

/** A Schedule as Temporal would have it, had it been made as desired. */
export function madeAsDesired(
  { id, body }: Pick<DesiredSchedule, 'id' | 'body'>,
  organization: string,
  changes: Partial<LiveSchedule> = {},
): LiveSchedule {
  return {
    id,
    organization,
    body,
    paused: false,
    note: '',
    next: [],
    recent: [],
    running: 0,
    missed: 0,
    createdAt: new Date('2026-11-01T00:00:00Z'),
    changedAt: new Date('2026-11-01T00:00:00Z'),
    ...changes,
  };
}
