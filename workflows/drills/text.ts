/** How a drill is told of. Pure. */
import type { WatchedDrill } from '../contract-drills.ts';

/** An instant as a clock and a calendar of the zone show it, with the zone: `Tuesday 2026-12-01 10:00 Europe/Amsterdam`. */
export function wallTime(at: string, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: timezone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{
      weekday: 'long',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    },
  });
  const parts = new Map(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${timezone}`;
}

const whats: Record<WatchedDrill['kind'], string> = {
  restore: 'what deals with backups is done, in scratch or on what is declared for drills',
  partial: 'a part of the runbook is done, in scratch or on what is declared for drills',
  full: 'the whole runbook is done, in scratch or on what is declared for drills',
  tabletop: 'everybody is walked through the runbook, and nothing is done',
};

/** What those concerned are told; of surprises nothing. */
export function noticeText(
  { runbook, drill, kind, owner, roles, expect }: WatchedDrill,
  at: string,
  timezone: string,
) {
  const utc = at.replace(/:\d\d\.\d+Z$/, 'Z');
  return [
    `the drill ${drill} of ${runbook} (${kind}: ${whats[kind]}) is held on ${wallTime(at, timezone)} (${utc}), declared by ${owner}.`,
    `Roles: ${roles.join(', ')}.`,
    `Expected: ${expect.map((text, index) => `(${index + 1}) ${text}`).join(' ')}`,
    `The steps: \`holdfast runbook print ${runbook}\`.`,
  ].join(' ');
}
