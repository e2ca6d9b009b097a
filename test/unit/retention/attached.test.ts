import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RetentionRules } from '../../../policy/resolved.ts';
import {
  type AttachedQuestion,
  decideAttached,
  type RetainedBackup,
  type RetainedCopy,
} from '../../../retention/index.ts';
import {
  anyHistory,
  anyQuestion,
  anyRules,
  anyZone,
  backupAt,
  carryOut,
  copyIn,
  daily,
  gfs,
} from './histories.ts';

const aDay = 86_400_000;

/** Long histories, most of what is old left in the attached repository alone, looked at after the newest of them. */
const anyAttached: fc.Arbitrary<AttachedQuestion> = fc
  .record({
    question: anyQuestion,
    histories: fc.array(anyHistory, { minLength: 2, maxLength: 6, size: 'max' }),
    repository: fc.constantFrom('local', 'offsite', 'vault'),
    former: fc.option(fc.record({ rules: anyRules, timezone: anyZone }), { nil: null, freq: 6 }),
    sameRules: fc.boolean(),
    daysLater: fc.integer({ min: -1, max: 400 }),
    online: fc.integer({ min: 0, max: 400 }),
  })
  .map(({ question, histories, repository, former, sameRules, daysLater, online }) => {
    const { rules, timezone } = question;
    const all = new Map(histories.flat().map((backup) => [backup.backupId, backup]));
    const newest = Math.max(0, ...[...all.values()].map(({ startedAt }) => Date.parse(startedAt)));
    const recent = new Date(newest - online * aDay).toISOString();
    return {
      ...question,
      now: new Date(newest + daysLater * aDay).toISOString(),
      backups: [...all.values()].flatMap((backup) =>
        backup.startedAt > recent ? [backup] : onlyIn(backup, repository),
      ),
      repository,
      former: sameRules ? { rules, timezone } : former,
    };
  });

function onlyIn(backup: RetainedBackup, repository: string): RetainedBackup[] {
  const copies = backup.copies.filter((copy) => copy.repository === repository);
  return copies.length === 0 ? [] : [{ ...backup, copies }];
}

const runs = { numRuns: 200 };

const copyOf = ({ copies }: RetainedBackup, repository: string): RetainedCopy | undefined =>
  copies.find((copy) => copy.repository === repository);

const goingOf = (question: AttachedQuestion): Set<string> =>
  new Set(
    decideAttached(question)
      .backups.filter(({ remove }) => remove.length > 0)
      .map(({ backupId }) => backupId),
  );

const whole = (backups: readonly RetainedBackup[], repository: string) =>
  backups.filter((backup) => copyOf(backup, repository)?.deleting === false);

describe('an attached repository, over arbitrary histories, zones and rules,', () => {
  it('loses nothing but its own copies, and never the newest one', () => {
    let gone = 0;
    fc.assert(
      fc.property(anyAttached, (question) => {
        const { repository, backups } = question;
        const decision = decideAttached(question);
        for (const { remove, promotions } of decision.backups) {
          expect([[], [repository]]).toContainEqual(remove);
          expect(promotions).toEqual([]);
        }
        const going = goingOf(question);
        gone += going.size;
        const ids = whole(backups, repository).map(({ backupId }) => backupId);
        const newest = ids.sort().at(-1);
        if (newest === undefined) expect(going.size).toBe(0);
        else expect(going).not.toContain(newest);
      }),
      runs,
    );
    expect(gone).toBeGreaterThan(20);
  });

  it('loses nothing that another repository lists', () => {
    fc.assert(
      fc.property(anyAttached, (question) => {
        const going = goingOf(question);
        for (const { backupId, copies } of question.backups)
          if (copies.length > 1) expect(going).not.toContain(backupId);
      }),
      runs,
    );
  });

  it('loses nothing that is held, read, locked, promised anywhere, or needed by what stays', () => {
    fc.assert(
      fc.property(anyAttached, (question) => {
        const { repository, backups, now } = question;
        const going = goingOf(question);
        const later = new Date(Date.parse(now) + aDay).toISOString().slice(0, 10);
        for (const backup of backups) {
          const { backupId, holds, readingUntil, copies } = backup;
          const copy = copyOf(backup, repository);
          const promised = copies.flatMap((each) => each.promised).some(({ until }) => until > later);
          const blocked =
            holds.length > 0 ||
            (readingUntil !== null && Date.parse(readingUntil) > Date.parse(now)) ||
            (copy?.lockedUntil != null && Date.parse(copy.lockedUntil) > Date.parse(now)) ||
            copy?.untouchable === 'legal-hold' ||
            copy?.untouchable === 'lock-unknown' ||
            (promised && copy?.deleting === false);
          if (blocked) expect(going).not.toContain(backupId);
          if (copy !== undefined && !going.has(backupId))
            for (const needed of backup.needs) expect(going).not.toContain(needed);
        }
      }),
      runs,
    );
  });

  it('loses nothing that the rules of the last run keep, and nothing at all before the first one', () => {
    fc.assert(
      fc.property(anyAttached, (question) => {
        const going = goingOf(question);
        const { former } = question;
        if (former === null) expect([...going]).toEqual([]);
        else {
          const before = goingOf({ ...question, ...former });
          for (const id of going) expect(before).toContain(id);
        }
      }),
      runs,
    );
  });

  it('loses everything at once: a second look finds nothing to let go', () => {
    fc.assert(
      fc.property(anyAttached, (question) => {
        const left = carryOut(question.backups, decideAttached(question));
        expect([...goingOf({ ...question, backups: left })]).toEqual([]);
      }),
      runs,
    );
  });
});

describe('what goes from an attached repository', () => {
  const rules = gfs({ daily: { for: { count: 7, unit: 'day' } } });
  const days = daily('2026-11-21', 12);
  const inSafe = (backup: RetainedBackup, ...others: RetainedCopy[]): RetainedBackup => ({
    ...backup,
    copies: [copyIn('safe', { untouchable: 'air-gapped' }), ...others],
  });

  function decide(backups: RetainedBackup[], former: RetentionRules | null = rules) {
    const decision = decideAttached({
      rules,
      former: former === null ? null : { rules: former, timezone: 'Europe/Amsterdam' },
      repository: 'safe',
      promoted: [],
      timezone: 'Europe/Amsterdam',
      now: '2026-11-21T12:00:00Z',
      backups,
    });
    return {
      decision,
      of: (day: string) => {
        const found = decision.backups.find((each) => each.backupId.startsWith(day.replaceAll('-', '')));
        if (found === undefined) throw new Error(`no backup of ${day}`);
        return found;
      },
    };
  }

  it('is what the rules let go and no other repository has any more', () => {
    const backups = days.map((backup, index) =>
      index < 2 ? inSafe(backup) : inSafe(backup, copyIn('local')),
    );
    const { decision, of } = decide(backups);
    expect(decision.counts).toMatchObject({ expire: 2, promote: 0, violations: 0 });
    expect(of('2026-11-10')).toMatchObject({ action: 'expire', remove: ['safe'] });
    expect(of('2026-11-12')).toMatchObject({ action: 'keep', blockedBy: ['elsewhere'] });
    expect(of('2026-11-12').reasons.join(' ')).toMatch(/as long as another repository lists it/);
  });

  it('is nothing of its own that stands for a period there, whatever was lost elsewhere', () => {
    expect(decide(days.map((backup) => inSafe(backup))).decision.counts.expire).toBe(4);
  });

  it('is not what stands for a day there, although another repository has an earlier one of that day', () => {
    const [first, ...others] = days.slice(5);
    if (first === undefined) throw new Error('no backups');
    const earlier = backupAt('2026-11-14T23:30:00Z');
    expect(first.backupId).toMatch(/^20261115T01/);
    const { of, decision } = decide([earlier, ...[first, ...others].map((backup) => inSafe(backup))]);
    expect(of('2026-11-15').tiers).toMatchObject([{ tier: 'daily', period: '2026-11-15' }]);
    expect(decision.backups.map(({ backupId }) => backupId)).not.toContain(earlier.backupId);
  });

  it('waits for a run of retention by the same rules', () => {
    const longer = gfs({ daily: { for: { count: 11, unit: 'day' } } });
    const backups = days.map((backup) => inSafe(backup));
    const { decision, of } = decide(backups, longer);
    expect(decision.counts).toMatchObject({ expire: 0, violations: 4 });
    expect(of('2026-11-10')).toMatchObject({ blockedBy: ['unconfirmed'], violation: { until: null } });
    expect(decide(backups, null).decision.counts.expire).toBe(0);
  });

  it('is the rest of a removal that was cut short', () => {
    const half = backupAt('2026-11-01T01:00:00Z', {
      copies: [copyIn('safe', { deleting: true, untouchable: 'air-gapped' })],
    });
    expect(decide([half, ...days.map((backup) => inSafe(backup))]).of('2026-11-01').remove).toEqual(['safe']);
  });
});
