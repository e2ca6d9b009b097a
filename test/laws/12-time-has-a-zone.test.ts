import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Cron as Croner } from 'croner';
import { Temporal } from 'temporal-polyfill';
import { lastDueIn } from '../../checks/due.ts';
import { isOncePerDay, parseCron } from '../../schedules/cron.ts';
import { desiredSchedule, scheduleOptions } from '../../schedules/desired.ts';
import { ensureSearchAttributes, liveSchedule } from '../../schedules/index.ts';
import { backupOf } from '../../schedules/kinds.ts';
import { planOf } from '../support/plans.ts';
import { startTestTemporal } from '../support/temporal.ts';

const zones = {
  'Europe/Amsterdam': ['2027-03-28', '2027-10-31', '2040-03-25', '2027-07-01'],
  'Europe/Dublin': ['2028-03-26', '2028-10-29'],
  'America/New_York': ['2027-03-14', '2027-11-07'],
  'Australia/Lord_Howe': ['2027-10-03', '2027-04-04'],
  'America/Havana': ['2027-03-14', '2027-11-07'],
  'Africa/Cairo': ['2027-04-30', '2027-10-28'],
  'Asia/Kolkata': ['2027-03-28'],
} as const;

const crons = [
  '0 2 * * *',
  '30 2 * * *',
  '30 1 * * *',
  '15 0 * * *',
  '59 23 * * *',
  '30 * * * *',
  '*/15 * * * *',
  '0 */2 * * *',
  '15,40 2 * * *',
  '0,30 1-3 * * *',
  '45 1 * * SUN',
  '30 2 1,28 * SUN',
];

/** Every instant of three days at which the zone's wall clock shows a minute of the cron expression, by Temporal's polyfill. */
function expectedInstants(cron: string, zone: string, day: string): { earlier: string[]; later: string[] } {
  const matcher = new Croner(cron, { timezone: 'UTC', mode: '5-part', paused: true });
  const first = Temporal.PlainDate.from(day).subtract({ days: 1 });
  const found: { earlier: string[]; later: string[] } = { earlier: [], later: [] };
  for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
    const wall = first.toPlainDateTime().add({ minutes: minute });
    if (!matcher.match(new Date(`${wall.toString({ smallestUnit: 'second' })}Z`))) continue;
    // A time in the gap has one meaning: the same distance after the change.
    const earlier = wall.toZonedDateTime(zone, { disambiguation: 'compatible' });
    found.earlier.push(earlier.toInstant().toString());
    found.later.push(wall.toZonedDateTime(zone, { disambiguation: 'later' }).toInstant().toString());
  }
  return found;
}

describe('law 12: time has a zone', () => {
  let client: Client;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const temporal = await startTestTemporal();
    ({ client, stop } = temporal);
    await ensureSearchAttributes(client, temporal.connection);
  });
  afterAll(() => stop());

  /** The instants at which Temporal itself says that it fires, within the three days around a day. */
  async function firings(id: string, zone: string, day: string): Promise<string[]> {
    const date = Temporal.PlainDate.from(day);
    // A second early: what lies on the first midnight counts, what lies on the last does not.
    const edge = (days: number) => msToTs(date.add({ days }).toZonedDateTime(zone).epochMilliseconds - 1000);
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId: id,
      startTime: edge(-1),
      endTime: edge(2),
    });
    return (startTime ?? []).map((time) => instantText(Number(time.seconds)));
  }

  for (const [zone, days] of Object.entries(zones)) {
    it.each(crons)(
      `${zone}: no firing of "%s" is lost, and none comes that nobody asked for`,
      async (cron) => {
        const name = `${zone}-${cron}`
          .toLowerCase()
          .replaceAll('*', 'x')
          .replaceAll(/[^a-z0-9]+/g, '-');
        const plan = planOf(name, {
          timezone: zone,
          schedule: { cron, jitter: 0, catchup: 60, deadline: 60, paused: true },
        });
        const desired = desiredSchedule(backupOf(plan));
        await client.schedule.create({ ...scheduleOptions(desired), state: { paused: true } });
        for (const day of days) {
          const { earlier, later } = expectedInstants(cron, zone, day);
          const actual = await firings(desired.id, zone, day);
          const once = isOncePerDay(parseCron(cron));
          const missing = earlier.filter((instant, index) => {
            const came = [instant, later[index] ?? instant].map((copy) => actual.includes(copy));
            return once ? !came.includes(true) : came.includes(false);
          });
          // Where an hour comes twice, the server may repeat what it fired an hour before: one backup too many.
          const repeated = hourIsRepeated(zone, day) ? earlier.map(anHourLater) : [];
          const known = new Set([...earlier, ...later, ...repeated]);
          const strange = actual.filter((instant) => !known.has(instant));
          expect({ day, missing, strange }).toEqual({ day, missing: [], strange: [] });
          const judged = { day, falseAlarms: falseAlarms(cron, zone, day, actual) };
          expect(judged).toEqual({ day, falseAlarms: [] });
          if (once)
            expect({ day, noticed: isMissed(cron, zone, day, actual) }).toEqual({ day, noticed: true });
        }
      },
    );
  }

  it('a daily backup in the hour that spring skips comes an hour later by the clock, as the described schedule says', async () => {
    const plan = planOf('spring', {
      schedule: { cron: '30 2 * * *', jitter: 0, catchup: 60, deadline: 60, paused: true },
    });
    const options = scheduleOptions(desiredSchedule(backupOf(plan)));
    const startAt = new Date('2027-03-26T12:00:00Z');
    await client.schedule.create({ ...options, spec: { ...options.spec, startAt }, state: { paused: true } });
    const live = await liveSchedule(client, options.scheduleId);
    expect(live?.next.slice(0, 4).map((time) => time.toISOString())).toEqual([
      '2027-03-27T01:30:00.000Z',
      '2027-03-28T01:30:00.000Z',
      '2027-03-29T00:30:00.000Z',
      '2027-03-30T00:30:00.000Z',
    ]);
  });
});

function instantText(seconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toString();
}

/** When in the first hours of a day, in which clocks are set, the checks would tell of a firing that was missed, although each of them came. */
function falseAlarms(cron: string, zone: string, day: string, fired: readonly string[]): string[] {
  const lastDue = lastDueIn(zone);
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(zone);
  const looks = Array.from({ length: 12 }, (_, half) =>
    midnight.add({ minutes: 30 * half, seconds: 30 }).toInstant(),
  );
  return looks.map(String).filter((look) => {
    const due = lastDue(cron, new Date(look));
    const last = fired.findLast((instant) => Date.parse(instant) <= Date.parse(look));
    return due !== null && last !== undefined && Date.parse(last) < due.from.getTime();
  });
}

/** Whether the checks miss, some hours after a day, all that should have fired on it and did not. */
function isMissed(cron: string, zone: string, day: string, fired: readonly string[]): boolean {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(zone);
  const [begun, over] = [midnight, midnight.add({ days: 1 })].map((time) => time.epochMilliseconds);
  const before = fired.findLast((instant) => Date.parse(instant) < (begun ?? 0));
  const onTheDay = fired.some(
    (instant) => Date.parse(instant) >= (begun ?? 0) && Date.parse(instant) < (over ?? 0),
  );
  if (before === undefined || !onTheDay) return true;
  const due = lastDueIn(zone)(cron, new Date(midnight.add({ days: 1 }).epochMilliseconds));
  return due !== null && due.from.getTime() > Date.parse(before);
}

function hourIsRepeated(zone: string, day: string): boolean {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(zone);
  return midnight.hoursInDay > 24;
}

function anHourLater(instant: string): string {
  return Temporal.Instant.from(instant).add({ hours: 1 }).toString();
}
