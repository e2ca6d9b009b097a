import { describe, expect, it } from '@jest/globals';
import type { ResolvedRetention } from '../../../policy/resolved.ts';
import { fullWith, loadText, printedProblems, smallestWith } from './support.ts';

const day = 86_400;

/** The smallest policy whose plan keeps by a retention. */
const keptBy = (retention: string) =>
  smallestWith('copies: [local] }', `copies: [local], retention: kept }\nretention:\n  kept: ${retention}`);

async function retentionOf(retention: string): Promise<ResolvedRetention | undefined> {
  const { policy } = await loadText(keptBy(retention));
  return policy.plans['shop-daily']?.retention;
}

describe('a retention', () => {
  it('of tiers has anchors and a time to act, also where the policy says nothing of them', async () => {
    expect(await retentionOf('{ daily: 30d, weekly: keep 24 }')).toEqual({
      name: 'kept',
      rules: {
        kind: 'gfs',
        keep: { daily: { for: { count: 30, unit: 'day' } }, weekly: { newest: 24 } },
        anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
      },
      schedule: { cron: '0 3 * * 0', jitter: 0, deadline: 6 * 3600, catchup: 3600, paused: false },
      storage: {},
    });
  });

  it('takes its own anchors and its own schedule', async () => {
    const own =
      '{ yearly: 7y, anchors: { weekly: monday, monthly: 28, yearly: 12-31 }, schedule: "5 4 * * *" }';
    expect(await retentionOf(own)).toMatchObject({
      rules: { anchors: { weekly: 1, monthly: 28, yearly: { month: 12, day: 31 } } },
      schedule: { cron: '5 4 * * *' },
    });
  });

  it.each([
    ['1y', 1, 'year'],
    ['6m', 6, 'month'],
    ['7y', 7, 'year'],
  ])('is flat for %s', async (written, count, unit) => {
    expect(await retentionOf(`{ flat: ${written} }`)).toMatchObject({
      rules: { kind: 'flat', for: { count, unit } },
      storage: {},
    });
  });

  it('is absent where a plan keeps its backups for ever', async () => {
    const { policy } = await loadText(smallestWith('version: 1', 'version: 1'));
    expect(policy.plans['shop-daily']).not.toHaveProperty('retention');
  });

  it('brings promoted copies to their place, locked for as long as the tier keeps them', async () => {
    const { policy } = await loadText(fullWith());
    const storage = policy.plans['shop-daily']?.retention?.storage;
    expect(storage?.monthly).toEqual({ storageClass: 'STANDARD_IA' });
    expect(storage?.yearly).toMatchObject({
      storageClass: 'DEEP_ARCHIVE',
      repository: { name: 'archive', lock: { mode: 'compliance', for: 7 * 366 * day } },
    });
    expect(policy.repositories.archive).toMatchObject({ lock: { for: 30 * day } });
  });

  it('that is flat locks copies for its whole time', async () => {
    const { policy } = await loadText(fullWith(['retention: gfs', 'retention: secrets']));
    expect(policy.plans['shop-daily']?.copies[1]).toMatchObject({ lock: { for: 7 * 366 * day } });
  });

  it('that keeps so many dailies locks copies for so many days', async () => {
    const { policy } = await loadText(fullWith(['daily: 30d', 'daily: keep 45']));
    expect(policy.plans['shop-daily']?.copies[1]).toMatchObject({ lock: { for: 45 * day } });
  });
});

describe('a retention that could not work', () => {
  const sharedTime =
    '`flat` keeps every backup for the same time, so this has no meaning; remove one of them';
  it.each([
    ['{ flat: 1y, daily: 30d }', `retention.kept.daily  ${sharedTime}`],
    ['{ flat: 1y, anchors: { monthly: 2 } }', `retention.kept.anchors  ${sharedTime}`],
    ['{ flat: 1y, storage: { yearly: { storageClass: GLACIER } } }', `retention.kept.storage  ${sharedTime}`],
    ['{ flat: keep 3 }', 'retention.kept.flat  this is no span; write one like 48h'],
    ['{ schedule: "0 3 * * 0" }', 'retention.kept  this retention keeps nothing'],
    [
      '{}',
      'retention.kept  this retention keeps nothing; say at least one span, like daily: 30d, or flat: 1y',
    ],
    ['{ daily: keep }', 'retention.kept.daily  this does not say how long to keep; write a span like 48h'],
    ['{ daily: keep 0 }', 'retention.kept.daily  this does not say how long to keep'],
    ['{ daily: 30 }', 'retention.kept.daily  this does not say how long to keep'],
    [
      '{ daily: 30d, storage: { yearly: { storageClass: GLACIER } } }',
      'retention.kept.storage.yearly  this retention keeps no yearly backups; say for how long, or remove this',
    ],
    [
      '{ daily: 30d, storage: { daily: {} } }',
      'retention.kept.storage.daily  this moves nothing; say storageClass, repository or both',
    ],
    [
      '{ hourly: 48h, storage: { hourly: { storageClass: GLACIER } } }',
      'retention.kept.storage.hourly  unknown key; known here: daily, weekly, monthly, yearly',
    ],
    [
      '{ daily: 30d, storage: { daily: { repository: lokal } } }',
      'retention.kept.storage.daily.repository  no such repository; did you mean "local"?',
    ],
    [
      '{ daily: 30d, storage: { daily: { repository: local, storageClass: GLACIER } } }',
      'retention.kept.storage.daily.storageClass  a directory has no storage classes; remove this, or name an S3 repository',
    ],
    ['{ daily: 30d, schedule: "0 3 * *" }', 'retention.kept.schedule  this schedule has 4 fields'],
  ])('is refused: %s', async (retention, sentence) => {
    const problems = await printedProblems(keptBy(retention));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`  ${sentence}`);
  });

  it('may bring two tiers into one archive', async () => {
    const twice = ['monthly: { storageClass: STANDARD_IA }', 'monthly: { repository: archive }'] as const;
    expect(await printedProblems(fullWith([...twice]))).toEqual([]);
  });
});
