import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalActions,
  decideRetention,
  type RetainedBackup,
  type RetentionQuestion,
} from '../../../retention/index.ts';
import { anyQuestion, anyZone, backupAt, carryOut, gfs } from './histories.ts';
import { periodIn } from './wall-clock.ts';

const runs = { numRuns: 400 };

const isSound = ({ copies }: RetainedBackup) =>
  copies.some(
    ({ deleting, untouchable }) => !deleting && untouchable !== 'air-gapped' && untouchable !== 'disproven',
  );

const newestSound = (backups: readonly RetainedBackup[]) =>
  backups
    .filter(isSound)
    .map(({ backupId }) => backupId)
    .sort()
    .at(-1);

const decidedOf = (question: RetentionQuestion) => {
  const decision = decideRetention(question);
  const byId = new Map(decision.backups.map((each) => [each.backupId, each]));
  return { decision, removedFrom: (id: string) => byId.get(id)?.remove ?? [] };
};

describe('retention, over arbitrary histories, zones and rules,', () => {
  it('never touches the newest verified backup', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const newest = newestSound(question.backups);
        const { removedFrom } = decidedOf(question);
        if (newest === undefined)
          for (const { backupId } of question.backups) expect(removedFrom(backupId)).toEqual([]);
        else expect(removedFrom(newest)).toEqual([]);
      }),
      runs,
    );
  });

  it('never empties a repository of verified copies', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { decision } = decidedOf(question);
        const holders = (backups: readonly RetainedBackup[]) =>
          new Set(
            backups.flatMap(({ copies }) =>
              copies.flatMap(({ deleting, repository }) => (deleting ? [] : [repository])),
            ),
          );
        const left = holders(carryOut(question.backups, decision));
        for (const repository of holders(question.backups)) expect(left).toContain(repository);
      }),
      runs,
    );
  });

  it('never touches what is held, read, locked, untouchable, or promised', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { removedFrom } = decidedOf(question);
        const now = Date.parse(question.now);
        for (const { backupId, holds, readingUntil, copies } of question.backups) {
          const removed = removedFrom(backupId);
          if (holds.length > 0 || (readingUntil !== null && Date.parse(readingUntil) > now))
            expect(removed).toEqual([]);
          for (const { repository, lockedUntil, untouchable } of copies)
            if (untouchable !== undefined || (lockedUntil !== null && Date.parse(lockedUntil) > now))
              expect(removed).not.toContain(repository);
          const promised = copies.flatMap(({ promised: promises }) => promises);
          const later = new Date(now + 86_400_000).toISOString().slice(0, 10);
          if (copies.some(({ deleting }) => !deleting) && promised.some(({ until }) => until > later))
            expect(removed).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('leaves nothing without what it needs', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { decision, removedFrom } = decidedOf(question);
        for (const { needs } of carryOut(question.backups, decision))
          for (const needed of needs) expect(removedFrom(needed)).toEqual([]);
      }),
      runs,
    );
  });

  it('is stable: what a run leaves behind, the same rules leave alone', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const { decision } = decidedOf(question);
        const again = decideRetention({ ...question, backups: carryOut(question.backups, decision) });
        expect(canonicalActions(again)).toBe('');
      }),
      runs,
    );
  });

  it('goes on from where a run was killed to the same end', () => {
    fc.assert(
      fc.property(anyQuestion, fc.nat(), (question, cut) => {
        const { decision } = decidedOf(question);
        const whole = carryOut(question.backups, decision);
        const part = { ...decision, backups: decision.backups.slice(0, cut % (decision.backups.length + 1)) };
        const half = carryOut(question.backups, part);
        const rest = decideRetention({ ...question, backups: half });
        expect(carryOut(half, rest)).toEqual(whole);
      }),
      runs,
    );
  });

  it('does not depend on the order in which backups are listed', () => {
    fc.assert(
      fc.property(anyQuestion, fc.nat(), (question, seed) => {
        const shuffled = [...question.backups].sort(
          (a, b) => hash(a.backupId, seed) - hash(b.backupId, seed),
        );
        expect(decideRetention({ ...question, backups: shuffled })).toEqual(decideRetention(question));
      }),
      runs,
    );
  });

  it('keeps, of every period within its span, one verified backup', () => {
    fc.assert(
      fc.property(anyQuestion, ({ rules: _, ...question }) => {
        const anchors = { weekly: 3, monthly: 15, yearly: { month: 7, day: 4 } };
        const keep = { daily: 40, weekly: 300, monthly: 700, yearly: 3000 };
        for (const [tier, days] of Object.entries(keep)) {
          const rules = {
            kind: 'gfs' as const,
            keep: { [tier]: { for: { count: days, unit: 'day' as const } } },
            anchors,
          };
          const { decision } = decidedOf({ ...question, rules });
          const periods = (backups: readonly RetainedBackup[]) =>
            new Set(
              backups
                .filter(isSound)
                .filter(
                  ({ startedAt }) => Date.parse(question.now) - Date.parse(startedAt) < days * 86_400_000,
                )
                .map(({ startedAt }) => periodIn(tier, startedAt, question.timezone, anchors)),
            );
          expect(periods(carryOut(question.backups, decision))).toEqual(periods(question.backups));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('lets no newer backup take the place of one that stands for a span', () => {
    fc.assert(
      fc.property(anyQuestion, ({ rules: _, ...question }) => {
        const rules = gfs({
          daily: { for: { count: 30, unit: 'day' } },
          weekly: { for: { count: 12, unit: 'week' } },
          monthly: { for: { count: 12, unit: 'month' } },
        });
        const kept = (backups: readonly RetainedBackup[]) =>
          decideRetention({ ...question, rules, backups }).backups.filter(({ tiers }) => tiers.length > 0);
        const newer = backupAt(question.now);
        const now = kept([...question.backups.filter(({ backupId }) => backupId !== newer.backupId), newer]);
        for (const { backupId, tiers } of kept(question.backups))
          if (backupId < newer.backupId)
            expect(now.find((each) => each.backupId === backupId)?.tiers).toEqual(tiers);
      }),
      runs,
    );
  });

  it('gives a reason for everything', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        for (const { action, reasons, remove, promotions } of decideRetention(question).backups) {
          expect(reasons.length).toBeGreaterThan(0);
          for (const reason of reasons) expect(reason).toMatch(/^[A-Za-z0-9].+\.$/);
          expect(action === 'expire').toBe(remove.length > 0);
          expect(action === 'promote').toBe(promotions.length > 0);
        }
      }),
      runs,
    );
  });

  it('knows every zone of this world, on the days on which its clocks change', () => {
    const rules = gfs({
      hourly: { for: { count: 48, unit: 'hour' } },
      daily: { for: { count: 30, unit: 'day' } },
      weekly: { newest: 3 },
      monthly: { for: { count: 1, unit: 'month' } },
      yearly: { for: { count: 99_999, unit: 'year' } },
    });
    fc.assert(
      fc.property(
        anyZone,
        fc.constantFrom('0001-01-01', '1995-12-31', '2026-03-29', '9998-12-31'),
        (timezone, day) => {
          const backups = Array.from({ length: 24 }, (_, hour) =>
            backupAt(`${day}T${String(hour).padStart(2, '0')}:30:00.000Z`),
          );
          const now = `${day}T23:45:00.000Z`;
          const decision = decideRetention({ rules, promoted: ['yearly'], timezone, now, backups });
          expect(decision.counts.expire).toBe(0);
          // The names of markers have no room for later years.
          for (const { promotions } of decision.backups)
            for (const { until } of promotions) expect(until).toBe('9999-12-31');
        },
      ),
      { numRuns: 800 },
    );
  });
});

function hash(text: string, seed: number): number {
  let value = seed;
  for (const letter of text) value = (value * 31 + letter.charCodeAt(0)) % 65_537;
  return value;
}
