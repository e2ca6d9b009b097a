import { describe, expect, it } from '@jest/globals';
import {
  canonicalActions,
  decideRetention,
  type RetainedBackup,
  type RetentionQuestion,
} from '../../../retention/index.ts';
import { backupAt, copyIn, daily, gfs } from './histories.ts';

const rules = gfs({
  daily: { for: { count: 7, unit: 'day' } },
  weekly: { for: { count: 4, unit: 'week' } },
  monthly: { for: { count: 12, unit: 'month' } },
  yearly: { for: { count: 7, unit: 'year' } },
});

function decide(backups: RetainedBackup[], changes: Partial<RetentionQuestion> = {}) {
  const question: RetentionQuestion = {
    rules,
    promoted: ['weekly', 'monthly', 'yearly'],
    timezone: 'Europe/Amsterdam',
    now: '2026-11-22T02:00:00.000Z',
    backups,
    ...changes,
  };
  const decision = decideRetention(question);
  const of = (day: string) => {
    const found = decision.backups.find(({ backupId }) => backupId.startsWith(day.replaceAll('-', '')));
    if (found === undefined) throw new Error(`no backup of ${day}`);
    return found;
  };
  const days = (action: string) =>
    decision.backups.filter((each) => each.action === action).map(({ backupId }) => backupId.slice(0, 8));
  return { ...decision, of, days };
}

describe('grandfather, father, son', () => {
  it('keeps the dailies of a week, Sundays, the first of each month and of each year', () => {
    const { days, of, counts } = decide(daily('2026-11-22', 400));
    expect(counts.keep + counts.promote + counts.expire).toBe(400);
    expect(days('promote')).toEqual([
      '20251019',
      // Its first day was a year and three weeks ago: of that month, this is the first whose time is not over.
      '20251122',
      ...['1201', '0101', '0201', '0301', '0401', '0501', '0601', '0701', '0801', '0901', '1001'].map(
        (day) => `${day === '1201' ? 2025 : 2026}${day}`,
      ),
      '20261025',
      '20261101',
      '20261108',
      '20261115',
      '20261122',
    ]);
    expect(days('keep')).toEqual(['20261116', '20261117', '20261118', '20261119', '20261120', '20261121']);
    expect(of('2026-01-01').promotions).toEqual([
      { tier: 'monthly', period: '2026-01-01', until: '2027-01-01', repositories: ['local', 'offsite'] },
      { tier: 'yearly', period: '2026-01-01', until: '2033-01-01', repositories: ['local', 'offsite'] },
    ]);
  });

  it('promotes the first verified one after the anchor day when that has none, and says so', () => {
    const backups = daily('2026-11-22', 40).filter(({ backupId }) => !/^202611(01|02|15)/.test(backupId));
    const { of } = decide(backups);
    expect(of('2026-11-03').reasons).toEqual([
      'Kept as weekly until 2026-12-01, for the week from 2026-11-01: the first verified one after its first day, 2 days late.',
      'Kept as monthly until 2027-11-03, for the month from 2026-11-01: the first verified one after its first day, 2 days late.',
    ]);
    expect(of('2026-11-16').tiers.map(({ tier, why }) => [tier, /late/.test(why)])).toEqual([
      ['daily', false],
      ['weekly', true],
    ]);
  });

  it('keeps the first of several in a day, and says which one stands for it', () => {
    const morning = backupAt('2026-11-20T05:00:00Z');
    const evening = backupAt('2026-11-20T20:00:00Z');
    const { of, days } = decide([morning, evening, backupAt('2026-11-22T01:00:00Z')]);
    expect(days('expire')).toEqual(['20261120']);
    const gone = decide([morning, evening, backupAt('2026-11-22T01:00:00Z')]).backups[1];
    expect(gone?.reasons[0]).toContain(`${morning.backupId} is the daily one for 2026-11-20`);
    expect(of('2026-11-20').action).toBe('promote');
  });

  it('counts the hour twice that comes twice, and days by the zone', () => {
    const hourly = gfs({ hourly: { newest: 4 } });
    const backups = ['00:30', '01:30', '02:30', '03:30'].map((time) => backupAt(`2026-10-25T${time}:00Z`));
    const { backups: decided } = decide(backups, { rules: hourly, now: '2026-10-25T04:00:00.000Z' });
    expect(decided.map(({ tiers }) => tiers[0]?.period)).toEqual([
      '2026-10-25T02+02:00',
      '2026-10-25T02+01:00',
      '2026-10-25T03+01:00',
      '2026-10-25T04+01:00',
    ]);
    const late = [backupAt('2026-11-20T22:30:00Z'), backupAt('2026-11-20T23:30:00Z')];
    const byDay = gfs({ daily: { newest: 9 } });
    expect(decide(late, { rules: byDay }).counts.expire).toBe(0);
    expect(decide(late, { rules: byDay, timezone: 'UTC' }).counts.expire).toBe(0);
    expect(
      decide([...late, backupAt('2026-11-22T00:00:00Z')], { rules: byDay, timezone: 'UTC' }).days('expire'),
    ).toEqual(['20261120']);
  });

  it('counts the newest periods that have a backup, however far apart', () => {
    const backups = ['2024-01-07', '2025-03-02', '2026-05-03', '2026-11-22'].flatMap((day) => daily(day, 1));
    const { days } = decide(backups, { rules: gfs({ weekly: { newest: 2 } }) });
    expect(days('expire')).toEqual(['20240107', '20250302']);
  });

  it('lasts for months of the calendar, to the last day of a shorter one', () => {
    const backups = [...daily('2026-01-31', 1), ...daily('2026-03-05', 1)];
    const monthly = gfs({ monthly: { for: { count: 1, unit: 'month' } } });
    const on = (now: string) => decide(backups, { rules: monthly, now }).days('expire');
    expect(on('2026-02-28T22:00:00.000Z')).toEqual([]);
    expect(on('2026-03-06T22:00:00.000Z')).toEqual(['20260131']);
    expect(
      decide(backups, { rules: monthly, now: '2026-03-05T02:00:00.000Z' }).of('2026-01-31').reasons[0],
    ).toBe('Its time as monthly was over after 2026-02-28.');
  });

  it('starts weeks, months and years on their anchors', () => {
    const anchors = { weekly: 3, monthly: 15, yearly: { month: 7, day: 4 } };
    const { keep } = rules.kind === 'gfs' ? rules : { keep: {} };
    const { of } = decide(daily('2026-11-22', 500), { rules: { kind: 'gfs', keep, anchors } });
    const tiersOf = (day: string) => of(day).promotions.map(({ tier }) => tier);
    expect(tiersOf('2026-11-18')).toEqual(['weekly']);
    expect(tiersOf('2026-11-15')).toEqual(['monthly']);
    expect(tiersOf('2026-07-04')).toEqual(['yearly']);
  });

  it('keeps all of a class of data for the same time', () => {
    const { days } = decide(daily('2026-11-22', 5), {
      rules: { kind: 'flat', for: { count: 2, unit: 'day' } },
    });
    expect(days('expire')).toEqual(['20261118', '20261119']);
  });

  it('leaves chosen what was promoted, when an earlier copy turns up', () => {
    const marked = (until: string) => [copyIn('local', { promised: [{ tier: 'weekly' as const, until }] })];
    const monday = backupAt('2026-11-16T01:00:00Z', { copies: marked('2026-12-14') });
    const { of } = decide([...daily('2026-11-15', 1), monday, ...daily('2026-11-22', 1)]);
    expect(of('2026-11-16').tiers.map(({ tier }) => tier)).toEqual(
      ['daily', 'weekly', 'monthly', 'yearly'].slice(0, 2),
    );
    expect(of('2026-11-15').promotions.map(({ tier }) => tier)).toEqual(['monthly', 'yearly']);
  });
});

describe('a promotion', () => {
  it('goes to the copies that lack it, and not behind the air gap', () => {
    const [backup, newest] = [daily('2026-11-15', 1), daily('2026-11-22', 1)].flat();
    if (backup === undefined || newest === undefined) throw new Error('no backups');
    const until = '2026-12-13';
    const copies = [
      copyIn('local', { promised: [{ tier: 'weekly', until }] }),
      copyIn('offsite', { promised: [{ tier: 'weekly', until: '2026-12-12' }] }),
      copyIn('safe', { untouchable: 'air-gapped' }),
      copyIn('half', { deleting: true }),
    ];
    const { of } = decide([{ ...backup, copies }, newest], { promoted: ['weekly'] });
    expect(of('2026-11-15').promotions).toEqual([
      { tier: 'weekly', period: '2026-11-15', until, repositories: ['offsite'] },
    ]);
  });
});

describe('an archive', () => {
  const archives = { monthly: 'archive' } as const;

  it('gets the backups of its tier that it has not', () => {
    const [backup, newest] = [daily('2026-11-01', 1), daily('2026-11-22', 1)].flat();
    if (backup === undefined || newest === undefined) throw new Error('no backups');
    const placesOf = (copies: RetainedBackup['copies']) =>
      decide([{ ...backup, copies }, newest], { promoted: ['weekly', 'monthly'], archives })
        .of('2026-11-01')
        .promotions.map(({ tier, repositories }) => [tier, repositories]);
    expect(placesOf([copyIn('local')])).toEqual([
      ['weekly', ['archive', 'local']],
      ['monthly', ['archive', 'local']],
    ]);
    const promised = [{ tier: 'monthly' as const, until: '2027-11-01' }];
    expect(placesOf([copyIn('local'), copyIn('archive', { promised })])).toEqual([
      ['weekly', ['archive', 'local']],
      ['monthly', ['local']],
    ]);
  });
});

describe('the newest of an archive', () => {
  it('goes at once where a newer backup is copied there in the same run', () => {
    const old = backupAt('2025-10-01T01:00:00Z', { copies: [copyIn('archive')] });
    const { of } = decide([old, ...daily('2026-11-01', 1), ...daily('2026-11-22', 1)], {
      rules: gfs({ monthly: { for: { count: 2, unit: 'month' } } }),
      promoted: ['monthly'],
      archives: { monthly: 'archive' },
    });
    expect(of('2026-11-01').promotions[0]?.repositories).toContain('archive');
    expect(of('2025-10-01')).toMatchObject({ remove: ['archive'], blockedBy: [] });
  });
});

describe('over-retention', () => {
  const newest = daily('2026-11-22', 1);
  const old = (changes: Partial<RetainedBackup>) => backupAt('2026-10-07T01:00:00Z', changes);
  const first = backupAt('2026-10-01T01:00:00Z');
  const sunday = backupAt('2026-10-04T01:00:00Z');
  const violation = (changes: Partial<RetainedBackup>) =>
    decide([first, sunday, old(changes), ...newest]).of('2026-10-07').violation;

  it('is a violation with the day when it ends', () => {
    expect(violation({})).toBeUndefined();
    expect(violation({ copies: [copyIn('local', { lockedUntil: '2027-01-05T00:00:00.000Z' })] })).toEqual({
      sentence: 'Kept longer than the policy allows, until 2027-01-05 (locked).',
      until: '2027-01-05',
    });
    expect(
      violation({ copies: [copyIn('local', { promised: [{ tier: 'weekly', until: '2026-12-24' }] })] }),
    ).toEqual({
      sentence: 'Kept longer than the policy allows, until 2026-12-24 (promised).',
      until: '2026-12-24',
    });
    expect(violation({ holds: ['0a1b2c3d'] })?.until).toBeNull();
    expect(violation({ copies: [copyIn('safe', { untouchable: 'air-gapped' })] })).toEqual({
      sentence:
        'Kept longer than the policy allows, until the next filling of its air-gapped copy (air-gapped).',
      until: null,
    });
  });

  it('ends with the last of several locks', () => {
    const locked = ['2027-02-05', '2027-01-05'].map((day, index) =>
      copyIn(`place-${index}`, { lockedUntil: `${day}T00:00:00.000Z` }),
    );
    expect(violation({ copies: locked })?.until).toBe('2027-02-05');
  });

  it('of one copy does not keep the others', () => {
    const copies = [copyIn('local'), copyIn('offsite', { lockedUntil: '2027-01-05T00:00:00.000Z' })];
    const { of } = decide([first, sunday, old({ copies }), ...newest]);
    expect(of('2026-10-07')).toMatchObject({ action: 'expire', remove: ['local'], blockedBy: ['locked'] });
    expect(of('2026-10-07').violation?.until).toBe('2027-01-05');
  });
});

describe('a removal that has begun', () => {
  const half = backupAt('2026-11-21T01:00:00Z', {
    copies: [copyIn('local', { deleting: true }), copyIn('offsite', { deleting: true })],
  });

  it('is finished, although a day has no other backup', () => {
    const { of } = decide([half, ...daily('2026-11-22', 1)]);
    expect(of('2026-11-21')).toMatchObject({ action: 'expire', remove: ['local', 'offsite'] });
    expect(of('2026-11-21').reasons).toEqual(['Its removal has begun.']);
  });

  it('is not finished where nothing else is left', () => {
    expect(decide([half]).of('2026-11-21')).toMatchObject({ action: 'keep', blockedBy: ['newest'] });
  });
});

describe('the hash of a decision', () => {
  it('is over what is promoted and what goes, and over nothing that stays as it is', () => {
    const backups = daily('2026-11-22', 9);
    const rulesOfDays = gfs({
      daily: { for: { count: 7, unit: 'day' } },
      weekly: { for: { count: 1, unit: 'week' } },
    });
    const text = canonicalActions(decide(backups, { rules: rulesOfDays }));
    expect(text).toBe(
      [
        'expire 20261114T010000Z-00000000 local,offsite',
        'promote 20261115T010000Z-00000000 weekly 2026-11-22 local,offsite',
        'promote 20261122T010000Z-00000000 weekly 2026-11-29 local,offsite',
        '',
      ].join('\n'),
    );
    const more = [...backups, backupAt('2026-11-21T12:00:00Z', { holds: ['0a1b2c3d'] })];
    expect(canonicalActions(decide(more, { rules: rulesOfDays }))).toBe(text);
  });
});
