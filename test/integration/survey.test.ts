import { mkdir, rename, rmdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { keyOf } from '../../repository/layout.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import {
  type FaultProxy,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import type { RepositorySurvey, SurveyedPlan } from '../../workflows/contract-survey.ts';
import { idsOfDays, makePast, mark, withStores } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let s3: S3Server;
let proxy: FaultProxy;
let policy: ResolvedPolicy;
let path: string;

const shop = idsOfDays(6, 1);

/** Two plans of one source, one plan of another, and one that has no backup; a directory in fra, a bucket in ams. */
beforeAll(async () => {
  [stage, s3] = await Promise.all([
    openStage(),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: false }] }),
  ]);
  proxy = await startFaultProxy(s3.endpoint);
  path = await stage.lab.repositoryPath('local');
  const source = { kind: 'postgres', zone: 'fra', host: 'db.internal', user: 'backup' };
  const plan = { schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] };
  policy = await stage.apply({
    repositories: {
      local: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', { prefix: 'backups' }),
    },
    sources: {
      shop: { ...source, database: 'shop' },
      crm: { ...source, database: 'crm' },
      hr: { ...source, database: 'hr' },
    },
    plans: {
      'shop-daily': { source: 'shop', ...plan },
      'shop-weekly': { source: 'shop', ...plan },
      crm: { source: 'crm', ...plan },
      hr: { source: 'hr', ...plan },
    },
  });
  const { lab } = stage;
  await makePast(lab, repositories(), shop.slice(0, 4), { plan: 'shop-daily' });
  await makePast(lab, repositories(), shop.slice(4), { plan: 'shop-weekly' });
  await makePast(lab, repositories(), idsOfDays(40, 38), { plan: 'crm', source: 'crm' });
  await mark(repositories(), shop[0] ?? '', {
    kind: 'tested',
    at: '2026-11-01T00:00:00.000Z',
    result: 'passed',
  });
});

afterAll(async () => {
  await Promise.all([stage?.close(), proxy?.stop()]);
  await s3?.stop();
});

beforeEach(() => proxy.clear());

const repositories = (): ResolvedRepository[] => Object.values(policy.repositories);

async function surveyed(
  asked = repositories(),
  names = Object.keys(policy.plans),
): Promise<Record<string, RepositorySurvey>> {
  const plans = names.map((name): SurveyedPlan => {
    const plan = policy.plans[name];
    if (plan === undefined) throw new Error(`no plan ${name}`);
    return {
      plan: name,
      source: plan.source.name,
      repositories: plan.copies.map((copy) => copy.name),
      shared: (plan.siblings ?? []).length > 0,
    };
  });
  const { repositories: told } = await stage.execute('survey', { repositories: asked, plans });
  return Object.fromEntries(told.map((survey) => [survey.repository, survey]));
}

describe('a survey', () => {
  it('tells what each repository has of each plan, and tells plans of one source apart', async () => {
    const { local, offsite } = await surveyed();
    for (const survey of [local, offsite]) {
      expect(survey?.unreadable).toBeNull();
      const byPlan = Object.fromEntries((survey?.plans ?? []).map((copies) => [copies.plan, copies]));
      expect(byPlan['shop-daily']).toMatchObject({
        count: 4,
        oldest: shop[0],
        newest: shop[3],
        proven: { backupId: shop[0], at: '2026-11-01T00:00:00.000Z' },
      });
      expect(byPlan['shop-weekly']).toMatchObject({
        count: 2,
        oldest: shop[4],
        newest: shop[5],
        proven: null,
      });
      expect(byPlan.crm).toMatchObject({ count: 3, bytesOfMonth: 0 });
      expect(byPlan.hr).toMatchObject({ count: 0, bytes: 0, newest: null, oldest: null, tested: null });
    }
    expect(local).toMatchObject({ free: expect.any(Number), size: expect.any(Number), requests: 0 });
    expect(offsite).toMatchObject({ free: null, size: null });
  });

  it('lists each source once, and reads no manifest of a source with one plan, nor any twice', async () => {
    await surveyed();
    proxy.log.length = 0;
    const { offsite } = await surveyed();
    const asked = proxy.log.map((line) => decodeURIComponent(line));
    expect(
      asked.filter((line) => line.includes('list-type=2') && line.includes('prefix=backups/crm/')),
    ).toHaveLength(1);
    expect(asked.filter((line) => line.includes('manifest.json'))).toEqual([]);
    expect(offsite?.requests).toBe(proxy.log.length);
  });

  it('says of a bucket that can not be reached that it is unknown, and tells of the others all the same', async () => {
    proxy.add({ times: 1000, action: { do: 'reset' } });
    const { local, offsite } = await surveyed();
    expect(offsite).toMatchObject({ unreadable: expect.stringContaining('offsite'), plans: [] });
    expect(local).toMatchObject({ unreadable: null });
    expect(local?.plans).toHaveLength(4);
  });

  it('says of a listing that breaks off that it is unknown: half of it is no answer', async () => {
    proxy.add({ query: { prefix: /crm/ }, times: 1000, action: { do: 'answer', status: 403 } });
    const { offsite } = await surveyed();
    expect(offsite).toMatchObject({ unreadable: expect.any(String), plans: [] });
  });

  it('takes an empty directory without its marker for an unmounted disk, and not for one without backups', async () => {
    const aside = `${path}-aside`;
    await rename(path, aside);
    await mkdir(path);
    try {
      const { local, offsite } = await surveyed();
      expect(local).toMatchObject({ unreadable: expect.stringContaining('has no marker'), plans: [] });
      expect(offsite?.unreadable).toBeNull();
    } finally {
      await rmdir(path);
      await rename(aside, path);
    }
  });

  it('does not believe an empty listing of a bucket that does not even list its marker', async () => {
    const empty = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`;
    proxy.add({
      query: { 'list-type': /2/ },
      times: 1000,
      action: { do: 'answer', status: 200, body: empty },
    });
    const { offsite } = await surveyed();
    expect(offsite).toMatchObject({
      unreadable: expect.stringContaining('not even its own marker'),
      plans: [],
    });
  });

  it('waits seconds and not minutes for a zone without a worker, and says so', async () => {
    const [local, offsite] = repositories();
    if (local === undefined || offsite === undefined) throw new Error('there are two');
    const told = await surveyed([local, { ...offsite, zone: 'nowhere' }]);
    expect(told.offsite?.unreadable).toContain('No worker of that zone');
    expect(told.local?.unreadable).toBeNull();
  });

  it('gives a backup whose manifest can not be understood to no plan', async () => {
    const [id = ''] = idsOfDays(9, 9);
    const [local] = repositories();
    if (local === undefined) throw new Error('there is one');
    await withStores([local], async (store) => {
      await store.putIfAbsent(keyOf({ source: 'shop', backupId: id }, 'manifest.json'), Buffer.from('{}'));
    });
    const told = await surveyed([local]);
    expect(told.local?.plans.map(({ plan, count }) => [plan, count])).toEqual([
      ['shop-daily', 4],
      ['shop-weekly', 2],
      ['crm', 3],
      ['hr', 0],
    ]);
  });
});
