import { mkdir, rename, rmdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { keyOf } from '../../repository/layout.ts';
import type { RepositorySurvey, SurveyedPlan } from '../../workflows/contract-survey.ts';
import { idsOfDays, makePast, mark, withStores } from '../support/past.ts';
import { openTwoPlaces, type TwoPlaces } from '../support/two-places.ts';

let places: TwoPlaces;

const shop = idsOfDays(6, 1);

/** Two plans of one source, one plan of another, and one that has no backup. */
beforeAll(async () => {
  places = await openTwoPlaces({ 'shop-daily': 'shop', 'shop-weekly': 'shop', crm: 'crm', hr: 'hr' });
  const { lab } = places.stage;
  await makePast(lab, repositories(), shop.slice(0, 4), { plan: 'shop-daily' });
  await makePast(lab, repositories(), shop.slice(4), { plan: 'shop-weekly' });
  await makePast(lab, repositories(), idsOfDays(40, 38), { plan: 'crm', source: 'crm' });
  await mark(repositories(), shop[0] ?? '', {
    kind: 'tested',
    at: '2026-11-01T00:00:00.000Z',
    result: 'passed',
  });
});

afterAll(() => places?.close());

beforeEach(() => places.proxy.clear());

const repositories = (): ResolvedRepository[] => [places.local, places.offsite];

async function surveyed(asked = repositories()): Promise<Record<string, RepositorySurvey>> {
  const plans = Object.values(places.policy.plans).map(
    ({ name, source, copies, siblings = [] }): SurveyedPlan => ({
      plan: name,
      source: source.name,
      repositories: copies.map((copy) => copy.name),
      shared: siblings.length > 0,
    }),
  );
  const { repositories: told } = await places.stage.execute('survey', { repositories: asked, plans });
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
    const { log } = places.proxy;
    const asked = (...parts: string[]) =>
      log
        .map((line) => decodeURIComponent(line))
        .filter((line) => line.startsWith('GET ') && parts.every((part) => line.includes(part)));
    await surveyed();
    expect(asked('/shop/', 'manifest.json')).not.toEqual([]);
    expect(asked('/crm/', 'manifest.json')).toEqual([]);
    log.length = 0;
    const { offsite } = await surveyed();
    for (const source of ['shop', 'crm', 'hr'])
      expect(asked('list-type=2', `prefix=backups/${source}/`)).toHaveLength(1);
    expect(asked('manifest.json')).toEqual([]);
    expect(offsite?.requests).toBe(log.length);
  });

  it('says of a bucket that can not be reached that it is unknown, and tells of the others all the same', async () => {
    places.proxy.add({ times: 1000, action: { do: 'reset' } });
    const { local, offsite } = await surveyed();
    expect(offsite).toMatchObject({ unreadable: expect.stringContaining('offsite'), plans: [] });
    expect(local).toMatchObject({ unreadable: null });
    expect(local?.plans).toHaveLength(4);
  });

  it('says of a listing that breaks off that it is unknown: half of it is no answer', async () => {
    places.proxy.add({ query: { prefix: /crm/ }, times: 1000, action: { do: 'answer', status: 403 } });
    const { offsite } = await surveyed();
    expect(offsite).toMatchObject({ unreadable: expect.any(String), plans: [] });
  });

  it('takes an empty directory without its marker for an unmounted disk, and not for one without backups', async () => {
    const { path } = places;
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
    places.proxy.add({
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
    const { local, offsite } = places;
    const told = await surveyed([local, { ...offsite, zone: 'nowhere' }]);
    expect(told.offsite?.unreadable).toContain('No worker of that zone');
    expect(told.local?.unreadable).toBeNull();
  });

  it('gives a backup whose manifest can not be understood to no plan', async () => {
    const [id = ''] = idsOfDays(9, 9);
    const { local } = places;
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
