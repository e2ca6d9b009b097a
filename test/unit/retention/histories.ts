import fc from 'fast-check';
import type { RetentionRules } from '../../../policy/resolved.ts';
import type {
  KeepPromise,
  RetainedBackup,
  RetainedCopy,
  RetentionDecision,
  RetentionQuestion,
} from '../../../retention/index.ts';

export const gfs = (keep: Extract<RetentionRules, { kind: 'gfs' }>['keep']): RetentionRules => ({
  kind: 'gfs',
  keep,
  anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
});

/** A backup that started at an instant, with two whole copies. */
export function backupAt(startedAt: string, changes: Partial<RetainedBackup> = {}): RetainedBackup {
  const at = new Date(startedAt).toISOString();
  return {
    backupId: `${at.slice(0, 19).replaceAll(/[-:]/g, '')}Z-00000000`,
    startedAt: at,
    copies: [copyIn('local'), copyIn('offsite')],
    holds: [],
    readingUntil: null,
    needs: [],
    ...changes,
  };
}

export function copyIn(repository: string, changes: Partial<RetainedCopy> = {}): RetainedCopy {
  return { repository, bytes: 100, deleting: false, lockedUntil: null, promised: [], ...changes };
}

/** One backup a day at 02:00 in Amsterdam's winter, for so many days up to and with the last one. */
export function daily(last: string, days: number): RetainedBackup[] {
  const end = Date.parse(`${last}T01:00:00Z`);
  return Array.from({ length: days }, (_, index) =>
    backupAt(new Date(end - (days - 1 - index) * 86_400_000).toISOString()),
  );
}

/** What a source looks like after a run has done all that was decided. */
export function carryOut(backups: readonly RetainedBackup[], decision: RetentionDecision): RetainedBackup[] {
  const decided = new Map(decision.backups.map((each) => [each.backupId, each]));
  return backups.flatMap((backup) => {
    const { remove = [], promotions = [] } = decided.get(backup.backupId) ?? {};
    const there = new Set(backup.copies.map(({ repository }) => repository));
    const added = new Set(
      promotions.flatMap(({ repositories }) => repositories).filter((name) => !there.has(name)),
    );
    const copies = [...backup.copies, ...[...added].map((name) => copyIn(name))]
      .filter(({ repository }) => !remove.includes(repository))
      .map((copy) => ({
        ...copy,
        promised: [
          ...copy.promised,
          ...promotions.flatMap(({ tier, until, repositories }) =>
            repositories.includes(copy.repository) ? [{ tier, until }] : [],
          ),
        ],
      }));
    return copies.length === 0 ? [] : [{ ...backup, copies }];
  });
}

const span = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  unit: fc.constantFrom('hour', 'day', 'week', 'month', 'year'),
} as const);

const keep = fc.oneof(
  span.map((each) => ({ for: each })),
  fc.integer({ min: 1, max: 12 }).map((newest) => ({ newest })),
);

const anyAnchors = fc.record({
  weekly: fc.integer({ min: 1, max: 7 }),
  monthly: fc.integer({ min: 1, max: 28 }),
  yearly: fc.record({ month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 28 }) }),
});

export const anyRules: fc.Arbitrary<RetentionRules> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('gfs' as const),
      keep: fc.record(
        { hourly: keep, daily: keep, weekly: keep, monthly: keep, yearly: keep },
        { requiredKeys: [] },
      ),
      anchors: anyAnchors,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flat' as const), for: span }) },
);

export const anyZone = fc.constantFrom('UTC', ...Intl.supportedValuesOf('timeZone'));

const hour = 3_600_000;
const start = Date.parse('2024-02-20T00:00:00Z');
const promise = fc.record({
  tier: fc.constantFrom('weekly' as const, 'monthly' as const, 'yearly' as const),
  until: fc.integer({ min: 0, max: 900 }).map((days) => dayAfter(start, days)),
});

function dayAfter(from: number, days: number): string {
  return new Date(from + days * 24 * hour).toISOString().slice(0, 10);
}

function instantAfter(from: number, hours: number): string {
  return new Date(from + hours * hour).toISOString();
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 12 });
const mostly = (freq: number) => fc.integer({ min: 0, max: freq }).map((n) => n === 0);

const anyCopy = fc
  .record({
    bytes: fc.nat(10_000),
    deleting: mostly(20),
    lockedUntil: optional(fc.integer({ min: 0, max: 20_000 }).map((hours) => instantAfter(start, hours))),
    untouchable: fc.option(fc.constantFrom('air-gapped', 'legal-hold', 'lock-unknown', 'disproven'), {
      nil: null,
      freq: 20,
    } as const),
    promised: fc.oneof(
      { weight: 8, arbitrary: fc.constant<KeepPromise[]>([]) },
      { weight: 1, arbitrary: fc.array(promise, { maxLength: 2 }) },
    ),
  } as const)
  .map(
    ({ untouchable, ...copy }): Omit<RetainedCopy, 'repository'> =>
      untouchable === null ? copy : { ...copy, untouchable },
  );

const anyCopies = fc
  .record({ local: anyCopy, offsite: anyCopy, vault: anyCopy }, { requiredKeys: [] })
  .map((copies) => Object.entries(copies).map(([repository, copy]) => ({ repository, ...copy })))
  .filter((copies) => copies.length > 0);

/** Histories with gaps, several backups in an hour, failures, holds, restores, locks, promises and dependencies. */
export const anyHistory: fc.Arbitrary<RetainedBackup[]> = fc
  .uniqueArray(
    fc.record({
      hours: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 14_000 })),
      seconds: fc.nat(3599),
      copies: anyCopies,
      hold: mostly(15),
      reading: optional(fc.integer({ min: 0, max: 20_000 })),
      needs: fc.option(fc.nat(40), { nil: null, freq: 5 }),
    }),
    { selector: ({ hours, seconds }) => hours * 3600 + seconds, maxLength: 40 },
  )
  .map((drafts) => {
    const ids = drafts.map(({ hours, seconds }) => backupAt(instantAfter(start, hours + seconds / 3600)));
    return drafts.map(({ copies, hold, reading, needs }, index): RetainedBackup => {
      const own = ids[index] ?? backupAt('2024-02-20T00:00:00Z');
      const needed = needs === null ? undefined : ids[needs % ids.length]?.backupId;
      return {
        ...own,
        copies,
        holds: hold ? ['0a1b2c3d'] : [],
        readingUntil: reading === null ? null : instantAfter(start, reading),
        needs: needed === undefined || needed >= own.backupId ? [] : [needed],
      };
    });
  });

export const anyNow = fc.integer({ min: 0, max: 20_000 }).map((hours) => instantAfter(start, hours));

export const anyQuestion: fc.Arbitrary<RetentionQuestion> = fc.record({
  rules: anyRules,
  promoted: fc.constantFrom(
    ['weekly', 'monthly', 'yearly'] as const,
    ['daily', 'weekly', 'monthly', 'yearly'] as const,
  ),
  archives: fc.record(
    { weekly: fc.constant('vault'), yearly: fc.constantFrom('vault', 'archive') },
    { requiredKeys: [] },
  ),
  timezone: anyZone,
  now: anyNow,
  backups: anyHistory,
});
