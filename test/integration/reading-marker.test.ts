import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { whileReading } from '../../activities/reading-marker.ts';
import { readListing } from '../../activities/retention-survey.ts';
import type { Work } from '../../activities/work.ts';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { keyOf, listBackups, openStore } from '../../repository/index.ts';
import { manifestName } from '../../repository/layout.ts';
import type { RetainedBackup } from '../../retention/index.ts';
import { planOf } from '../support/plans.ts';

const backup = { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' };
const work: Work = {
  zone: 'fra',
  signal: new AbortController().signal,
  directory: '/nowhere',
  secret: async () => '',
  log: () => undefined,
  report: () => undefined,
};

let directory: string;
let repository: ResolvedRepository;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-'));
  const [local] = planOf('shop-daily').copies;
  if (local?.kind !== 'filesystem') throw new Error('the first copy is a directory');
  repository = { ...local, path: directory };
  const store = await openStore(repository);
  await store.putIfAbsent(keyOf(backup, manifestName), Buffer.from('{}'));
  store.close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function look(): Promise<RetainedBackup | null> {
  const store = await openStore(repository);
  const [listing] = await listBackups(store, { source: 'shop' });
  store.close();
  return listing === undefined ? null : readListing(listing, 'local', false);
}

it('a copy is marked as read while it is read, and not afterwards, also after a failure', async () => {
  const reading = await whileReading(work, repository, backup, 3600, async () => {
    const until = Date.parse((await look())?.readingUntil ?? '');
    expect(until - Date.now()).toBeGreaterThan(24 * 3_600_000);
    return 'restored';
  });
  expect(reading).toEqual({ value: 'restored', warnings: [] });
  expect((await look())?.readingUntil).toBeNull();
  await expect(
    whileReading(work, repository, backup, 0, async () => {
      expect((await look())?.readingUntil).not.toBeNull();
      throw new Error('no space left');
    }),
  ).rejects.toThrow('no space left');
  expect((await look())?.readingUntil).toBeNull();
});

it('a copy that can not be marked is read all the same, with a warning', async () => {
  const file = join(directory, 'shop', '2026');
  const away: ResolvedRepository =
    repository.kind === 'filesystem' ? { ...repository, path: `${file}-gone` } : repository;
  const { value, warnings } = await whileReading(work, away, backup, 0, async () => 'restored');
  expect(value).toBe('restored');
  expect(warnings).toEqual([expect.stringMatching(/^local does not know that its copy is being read/)]);
});
