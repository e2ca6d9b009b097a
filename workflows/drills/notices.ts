/** Who is told of a drill before it is held, and when. Pure; instants in milliseconds. */
import type { Announcement } from '../contract-alerts.ts';
import type { DrillMemory, WatchedDrill } from '../contract-drills.ts';
import type { Known } from './memory.ts';
import { noticeText, wallTime } from './text.ts';

const hour = 3_600_000;

/** Looks come every hour and may be nearly one late; a clock change makes a calendar's week an hour longer. */
const noticeLead = 3 * hour;
const reminderBefore = 24 * hour;
const reminderLead = hour;

export type Told = { announcements: Announcement[]; known: Known };

/**
 * The notices and reminders of a drill that are due now, and what is known once they are given: each of one time once. A
 * drill that is first seen within a day of its time is told of once. Of a time that is no longer planned, those who
 * were told of it hear that.
 */
export function noticesDue(drill: WatchedDrill, known: Known, timezone: string, now: number): Told {
  const planned = new Set(known.upcoming);
  const future = known.told.filter(({ at }) => Date.parse(at) > now);
  const cancelled = future.filter(({ at }) => !planned.has(at));
  const announcements: Announcement[] = cancelled.map(({ at }) => cancellation(drill, at, timezone));
  const told = future.filter(({ at }) => planned.has(at));
  for (const at of known.upcoming) {
    const time = Date.parse(at);
    const before = told.find((each) => each.at === at);
    const isNear = now >= time - reminderBefore - reminderLead;
    if (before === undefined && now >= time - drill.notice * 1000 - noticeLead) {
      announcements.push(notice(drill, at, timezone));
      told.push({ at, reminded: isNear });
    } else if (before !== undefined && !before.reminded && isNear) {
      announcements.push(reminder(drill, at, timezone));
      told[told.indexOf(before)] = { at, reminded: true };
    }
  }
  return { announcements, known: { ...known, told } };
}

const subjectOf = ({ runbook, drill }: Pick<WatchedDrill, 'runbook' | 'drill'>): string =>
  `${runbook}/${drill}`;

const common = (drill: WatchedDrill) => ({
  severity: 'warning' as const,
  subject: subjectOf(drill),
  ...(drill.told.length === 0 ? {} : { roles: drill.told }),
});

/** The instant of what is told follows from the drill's time alone: told again after a fault, it is told once. */
function notice(drill: WatchedDrill, at: string, timezone: string): Announcement {
  return {
    ...common(drill),
    at: new Date(Date.parse(at) - drill.notice * 1000).toISOString(),
    sentence: `Announced: ${noticeText(drill, at, timezone)}`,
  };
}

function reminder(drill: WatchedDrill, at: string, timezone: string): Announcement {
  return {
    ...common(drill),
    at: new Date(Date.parse(at) - reminderBefore).toISOString(),
    sentence: `Tomorrow: ${noticeText(drill, at, timezone)}`,
  };
}

function cancellation(drill: WatchedDrill, at: string, timezone: string): Announcement {
  return {
    ...common(drill),
    at,
    sentence: `The drill ${drill.drill} of ${drill.runbook} is not held on ${wallTime(at, timezone)}: its Schedule was changed or paused.`,
  };
}

/** Those who were told of a drill that the policy has no more. */
export function withdrawn(
  memory: DrillMemory,
  drills: readonly WatchedDrill[],
  timezone: string,
  now: number,
): Announcement[] {
  const known = new Set(drills.map(subjectOf));
  return Object.entries(memory).flatMap(([id, { told, roles }]) => {
    const [, runbook = '', drill = ''] = id.split('/');
    if (known.has(subjectOf({ runbook, drill }))) return [];
    return told
      .filter(({ at }) => Date.parse(at) > now)
      .map(({ at }) => ({
        at,
        severity: 'warning' as const,
        subject: subjectOf({ runbook, drill }),
        ...(roles.length === 0 ? {} : { roles }),
        sentence: `The drill ${drill} of ${runbook} is not held on ${wallTime(at, timezone)}: the policy has it no more.`,
      }));
  });
}
