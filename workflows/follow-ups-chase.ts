/** How those are chased who are to do something: a reminder, alerts, and when the next thing is due. Pure. */
import type { AlertFinding, Announcement } from './contract-alerts.ts';
import type { FollowUp, FollowUpsMemory, FollowUpsSettings } from './contract-follow-ups.ts';
import { endOfDay, reminderFor } from './follow-ups-times.ts';
import { shortened } from './shortened.ts';

type About = { settings: FollowUpsSettings; memory: FollowUpsMemory; now: number };

/** Alerts may have been lost with the zone that kept them: what is overdue is told again so often, in milliseconds. */
export const toldAgain = 6 * 3_600_000;

export const isOverdue = (
  { due }: FollowUp,
  { timezone }: Pick<FollowUpsSettings, 'timezone'>,
  now: number,
): boolean => endOfDay(timezone, due) <= now;

/** One alert for each that is overdue. */
export function overdueOf({ settings, memory, now }: About): AlertFinding[] {
  return memory.open
    .filter((each) => isOverdue(each, settings, now))
    .map((each) => ({
      kind: 'follow-up-overdue',
      subject: `${each.runbook}/${each.id}`,
      severity: 'warning',
      sentence: `${each.owner} was to do this until ${each.due}: ${shortened(each.text, 200)} Close it with \`holdfast followup close ${each.id}\`, or move its day.`,
      ...concerning(each, settings),
    }));
}

/** Reminders that are due, each owner once for each day; and the memory that knows of them. */
export function remindersOf({ settings, memory, now }: About): {
  memory: FollowUpsMemory;
  announcements: Omit<Announcement, 'at'>[];
} {
  const due = memory.open.filter(
    (each) => memory.reminded[each.id] !== each.due && reminderFor(settings.timezone, each.due) <= now,
  );
  if (due.length === 0) return { memory, announcements: [] };
  const reminded = { ...memory.reminded, ...Object.fromEntries(due.map(({ id, due: day }) => [id, day])) };
  return {
    memory: { ...memory, reminded },
    announcements: due
      .filter((each) => !isOverdue(each, settings, now))
      .map((each) => announcementOf(each, `is due on ${each.due}`, settings)),
  };
}

/** What the owner of a follow-up is told. */
export function announcementOf(
  each: FollowUp,
  what: string,
  settings: FollowUpsSettings,
): Omit<Announcement, 'at'> {
  return {
    severity: 'warning',
    subject: `${each.runbook}/${each.id}`,
    sentence: `${each.owner}: the follow-up ${each.id} of ${each.workflowId} ${what}: ${each.text}`,
    ...concerning(each, settings),
  };
}

/** Routes know roles; whoever holds none reaches those who are told of everything. */
function concerning({ owner }: FollowUp, { people }: FollowUpsSettings): { roles?: string[] } {
  const roles = people.find(({ name }) => name === owner)?.roles ?? [];
  return roles.length === 0 ? {} : { roles };
}

/** When something is to be done next, in milliseconds; null: never, as long as nobody speaks. */
export function nextDue({ settings, memory, now }: About): number | null {
  const times = memory.open.flatMap((each) => {
    const ends = endOfDay(settings.timezone, each.due);
    const reminded = memory.reminded[each.id] === each.due;
    return [
      ends > now ? ends : now + toldAgain,
      ...(reminded ? [] : [reminderFor(settings.timezone, each.due)]),
    ];
  });
  return times.length === 0 ? null : Math.min(...times);
}
