import { describe, expect, it } from '@jest/globals';
import type { ResolvedRetention } from '../../../policy/resolved.ts';
import type { RetentionProgress, Weighed } from '../../../workflows/contract-retention.ts';
import { retentionMarkdown } from '../../../workflows/retention-details.ts';
import { faultInSurvey, placesOf } from '../../../workflows/retention-places.ts';
import { planOf } from '../../support/plans.ts';

const many = Array.from({ length: 300 }, (_, index) => ({
  backupId: `20261121T010000Z-${String(index).padStart(8, '0')}`,
  sentence: `Its time as daily was over after 2026-11-01 | and more. ${'x'.repeat(400)}`,
}));

const weighed: Weighed = {
  hash: 'a'.repeat(64),
  counts: { keep: 10, promote: 2, expire: 300, violations: 1 },
  freed: 2 ** 30,
  work: [{ repository: 'local', promotions: 2, removals: 300, copies: 312 }],
  shorter: { backups: 7, first: [] },
  promotions: [{ backupId: '20261121T010000Z-1a2b3c4d', tier: 'weekly', until: '2027-02-13' }],
  expiries: many,
  violations: [{ backupId: '20261120T010000Z-1a2b3c4d', sentence: 'Kept longer (locked).', until: null }],
};

const progress: RetentionProgress = {
  plan: 'shop-daily',
  mode: 'run',
  phase: 'waiting for confirmation',
  now: '2026-11-22T02:00:00.000Z',
  weighed,
  confirmedBy: null,
  confirmUntil: '2026-11-29T02:00:00.000Z',
  exceptions: ['offsite is away.'],
  warnings: [],
};

describe('the details of a retention run', () => {
  it('say what it does, what is wrong, and how to agree, within what Temporal shows', () => {
    const text = retentionMarkdown(progress);
    expect(text.length).toBeLessThanOrEqual(18_000);
    expect(text).toContain('Keeps 12, promotes 2 of them, expires 300 (1.0 GiB)');
    expect(text).toContain('| local | 312 | 2 | 300 |');
    expect(text).toContain('7 backups expire that the former rules keep.** Until 2026-11-29T02:00:00.000Z');
    expect(text).toContain('holdfast retention confirm shop-daily --as NAME');
    expect(text).toContain('- offsite is away.');
    expect(text).toContain('- `20261120T010000Z-1a2b3c4d`: Kept longer (locked).');
    expect(text).toContain('and 275 more');
    expect(text).not.toMatch(/over after 2026-11-01 \| and/);
  });

  it('ask nobody once somebody agreed', () => {
    const text = retentionMarkdown({ ...progress, confirmedBy: 'dba-1' });
    expect(text).toContain('Confirmed by dba-1.');
    expect(text).not.toContain('somebody may agree');
  });
});

describe('a survey', () => {
  const plan = planOf('shop-daily');
  const places = placesOf(plan);

  it('is believed where every copy lists something, or none does', () => {
    expect(faultInSurvey(places, 'shop', { local: 3, offsite: 1 }, null)).toBeNull();
    expect(faultInSurvey(places, 'shop', { local: 0, offsite: 0 }, null)).toBeNull();
  });

  it('is not where one copy lists nothing beside another, or after a run that saw some', () => {
    expect(faultInSurvey(places, 'shop', { local: 3, offsite: 0 }, null)).toMatch(
      /^Repository offsite lists no backup of shop, and local lists 3\./,
    );
    expect(faultInSurvey(places, 'shop', { local: 0, offsite: 0 }, { local: 4 })).toMatch(
      /^Repository local lists no backup of shop, and had 4 after the last run/,
    );
  });

  it('allows an archive that is empty, unless it was not', () => {
    const withArchive = { ...places, archives: [archiveOf()] };
    expect(faultInSurvey(withArchive, 'shop', { local: 3, offsite: 1, archive: 0 }, null)).toBeNull();
    expect(faultInSurvey(withArchive, 'shop', { local: 3, offsite: 1 }, { archive: 1 })).toMatch(/archive/);
  });

  it('goes over each repository once', () => {
    const rules: ResolvedRetention = {
      name: 'gfs',
      rules: { kind: 'flat', for: { count: 1, unit: 'day' } },
      schedule: plan.schedule,
      storage: { monthly: { repository: archiveOf() }, yearly: { repository: archiveOf() }, weekly: {} },
    };
    const again = plan.copies[1] ?? archiveOf();
    const found = placesOf({
      ...plan,
      retention: { ...rules, storage: { ...rules.storage, daily: { repository: again } } },
    });
    expect(found.archives.map(({ name }) => name)).toEqual(['archive']);
  });
});

function archiveOf() {
  const [local] = planOf('shop-daily').copies;
  if (local === undefined) throw new Error('no copy');
  return { ...local, name: 'archive' };
}
