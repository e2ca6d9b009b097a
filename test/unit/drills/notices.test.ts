import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { DrillStanding, WatchedDrill } from '../../../workflows/contract-drills.ts';
import { type Known, knownOf, memoryIn, seen } from '../../../workflows/drills/memory.ts';
import { noticesDue, withdrawn } from '../../../workflows/drills/notices.ts';
import { wallTime } from '../../../workflows/drills/text.ts';

const hour = 3_600_000;
const week = 168 * hour;
const fresh: Known = { upcoming: [], due: null, held: null, told: [], roles: [] };

const drill: WatchedDrill = {
  ...{ runbook: 'shop', drill: 'quarterly', kind: 'full', notice: week / 1000, owner: 'dba-1' },
  schedule: { cron: '0 10 1 */3 *', jitter: 0, catchup: 3600, deadline: 86_400, paused: false },
  ...{ roles: ['incident-commander', 'ops'], told: ['incident-commander', 'ops', 'dba'] },
  expect: ['The shop answers within 10 minutes', 'Nobody is called at night'],
};
const standing = (...next: string[]): DrillStanding => ({
  ...{ runbook: 'shop', drill: 'quarterly', applied: true, paused: false, fired: [] },
  next,
});

const zones = ['Europe/Amsterdam', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC'];

type Heard = { at: number; sentence: string };

/** What is told when somebody looks at these times, the Schedule planning one drill. */
function looks(times: number[], at: string, zone: string): Heard[] {
  let known = fresh;
  return times.flatMap((now) => {
    const planned = Date.parse(at) > now ? standing(at) : standing();
    const told = noticesDue(drill, seen(known, planned, drill, now), zone, now);
    known = told.known;
    return told.announcements.map(({ sentence }) => ({ at: now, sentence }));
  });
}

describe('those concerned', () => {
  it('are told a week before by clock and calendar and once the day before, whenever the clocks are set', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2036-12-31'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 59 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 300, maxLength: 300 }),
        (zone, date, minute, late) => {
          const local = Temporal.Instant.fromEpochMilliseconds(date.getTime())
            .toZonedDateTimeISO(zone)
            .with({ minute, second: 0, millisecond: 0, microsecond: 0, nanosecond: 0 });
          const time = local.epochMilliseconds;
          // A look each hour from twelve days before on, each some minutes late.
          const first = time - 288 * hour - minute * 60_000;
          const times = late.map((minutes, index) => first + index * hour + minutes * 60_000);
          const heard = looks(times, new Date(time).toISOString(), zone);
          expect(heard).toHaveLength(2);
          const [notice, reminder] = heard;
          expect(time - (notice?.at ?? time)).toBeGreaterThanOrEqual(week);
          expect(notice?.at).toBeLessThanOrEqual(local.subtract({ days: 7 }).epochMilliseconds);
          expect(time - (notice?.at ?? 0)).toBeLessThanOrEqual(week + 3 * hour);
          expect(reminder?.sentence).toMatch(/^Tomorrow: /);
          expect(time - (reminder?.at ?? 0)).toBeLessThanOrEqual(25 * hour);
          expect(time - (reminder?.at ?? 0)).toBeGreaterThanOrEqual(23 * hour);
        },
      ),
      // A look just before the notice is due, the next one late, and clocks that are set back within the week.
      {
        examples: [
          [
            'Europe/Amsterdam',
            new Date('2030-10-27T01:00:00Z'),
            1,
            Array.from({ length: 300 }, (_, index) => (index === 119 ? 2 : 0)),
          ],
        ],
      },
    );
  });

  it('are told once of one that is planned only now, and not reminded within the day', () => {
    const at = '2026-12-01T09:00:00.000Z';
    const start = Date.parse(at) - 20 * hour;
    const heard = looks([start, start + hour, start + 2 * hour, Date.parse(at) + hour], at, 'UTC');
    expect(heard.map(({ at: when }) => when)).toEqual([start]);
  });

  it('learn the time with its zone, the roles and what is expected', () => {
    const at = '2026-12-01T09:00:00.000Z';
    const [heard] = looks([Date.parse(at) - week], at, 'Europe/Amsterdam');
    expect(heard?.sentence).toContain(
      'is held on Tuesday 2026-12-01 10:00 Europe/Amsterdam (2026-12-01T09:00Z)',
    );
    expect(heard?.sentence).toContain('Roles: incident-commander, ops.');
    expect(heard?.sentence).toContain('(1) The shop answers within 10 minutes (2) Nobody is called at night');
    const { announcements } = noticesDue(drill, { ...fresh, upcoming: [at] }, 'UTC', Date.parse(at) - week);
    expect(announcements).toMatchObject([
      { roles: ['incident-commander', 'ops', 'dba'], subject: 'shop/quarterly' },
    ]);
  });

  it('hear of a time that is no longer planned, and of the new one', () => {
    const [at, later] = ['2026-12-01T09:00:00.000Z', '2026-12-03T09:00:00.000Z'];
    const now = Date.parse(at) - week;
    const told = noticesDue(drill, { ...fresh, upcoming: [at] }, 'UTC', now);
    const moved = noticesDue(drill, seen(told.known, standing(later), drill, now), 'UTC', now + 48 * hour);
    expect(moved.announcements.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('is not held on Tuesday 2026-12-01 09:00 UTC'),
      expect.stringContaining('is held on Thursday 2026-12-03 09:00 UTC'),
    ]);
    expect(moved.known.told).toEqual([{ at: later, reminded: false }]);
    const gone = withdrawn({ 'drill/shop/quarterly': { ...told.known, roles: ['ops'] } }, [], 'UTC', now);
    expect(gone).toMatchObject([
      { roles: ['ops'], sentence: expect.stringContaining('the policy has it no more') },
    ]);
  });

  it('hear the same whenever it is told, so that what is told twice is heard once', () => {
    const at = '2026-12-01T09:00:00.000Z';
    const told = (left: number) =>
      noticesDue(drill, { ...fresh, upcoming: [at] }, 'UTC', Date.parse(at) - left).announcements;
    expect(told(week)).toEqual(told(30 * hour));
  });
});

describe('what is known', () => {
  it('of a time that was planned and is over, or that started a run, is that it was due', () => {
    const before = { ...fresh, upcoming: ['2026-12-01T09:00:00.000Z', '2027-03-01T09:00:00.000Z'] };
    const now = Date.parse('2026-12-02T00:00:00Z');
    expect(seen(before, standing('2027-03-01T09:00:00.000Z'), drill, now)).toMatchObject({
      due: '2026-12-01T09:00:00.000Z',
      upcoming: ['2027-03-01T09:00:00.000Z'],
    });
    // Paused by hand before its time: nothing was due.
    const paused = seen(before, standing(), drill, Date.parse('2026-11-30T00:00:00Z'));
    expect(seen(paused, standing(), drill, now).due).toBeNull();
    const fired = { ...standing(), fired: ['2026-09-01T08:00:00.000Z'] };
    expect(seen(fresh, fired, drill, now).due).toBe('2026-09-01T08:00:00.000Z');
  });

  it('goes from run to run, and is nothing where that is anything else', () => {
    const memory = { 'drill/shop/quarterly': { ...fresh, told: [{ at: 'x', reminded: true }] } };
    expect(memoryIn({ memory, more: 1 })).toEqual(memory);
    for (const other of [undefined, null, 7, {}, { memory: [] }, { memory: { a: { upcoming: 'x' } } }])
      expect(memoryIn(other)).toEqual({});
    expect(knownOf({}, drill)).toEqual(fresh);
  });

  it('is written with the zone', () => {
    expect(wallTime('2026-10-25T01:30:00Z', 'Europe/Amsterdam')).toBe(
      'Sunday 2026-10-25 02:30 Europe/Amsterdam',
    );
    expect(wallTime('2026-12-31T23:30:00Z', 'Asia/Tokyo')).toBe('Friday 2027-01-01 08:30 Asia/Tokyo');
  });
});
