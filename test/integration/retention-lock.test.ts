import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan, S3Repository } from '../../policy/resolved.ts';
import { keyOf } from '../../repository/index.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/servers/fault-proxy.ts';
import { type S3Server, startSeaweedfs } from '../../tools/servers/index.ts';
import { applyKept, previewAndRun } from '../support/kept-plan.ts';
import { idOfDay, idsOfDays, makePast, pastIn, withStores } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let s3: S3Server;
let proxy: FaultProxy;

beforeAll(async () => {
  [stage, s3] = await Promise.all([
    openStage(['fra']),
    startSeaweedfs({
      buckets: ['one', 'two', 'three', 'four', 'archive']
        .map((name) => ({ name, lock: true }))
        .concat([{ name: 'plain', lock: false }]),
    }),
  ]);
  proxy = await startFaultProxy(s3.endpoint);
  process.env.LAB_ROOT_ACCESS_KEY_ID = s3.root.accessKeyId;
  process.env.LAB_ROOT_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
});

afterAll(async () => {
  await Promise.all([stage?.close(), proxy?.stop()]);
  await s3?.stop();
});

let count = 0;

async function planIn(
  bucket: string,
  options: { lock?: string; rules?: Record<string, unknown>; more?: Record<string, unknown> } = {},
): Promise<{ plan: ResolvedPlan; offsite: S3Repository }> {
  count += 1;
  const lock = options.lock === undefined ? {} : { lock: { mode: 'compliance', for: options.lock } };
  const lines = (name: string, extra: Record<string, unknown>) =>
    labBucket({ ...s3, endpoint: proxy.endpoint }, name, {
      zone: 'fra',
      deleteCredentials: { env: 'LAB_ROOT' },
      ...extra,
    });
  const plan = await applyKept(stage, {
    repositories: {
      local: {
        kind: 'filesystem',
        path: await stage.lab.repositoryPath(`local-${count}`),
        zone: 'fra',
        keepFree: '1MiB',
      },
      offsite: lines(bucket, lock),
      ...(options.more ?? {}),
    },
    copies: ['local', 'offsite'],
    rules: options.rules ?? { daily: '3d', weekly: '4w' },
  });
  const offsite = plan.copies[1];
  if (offsite?.kind !== 's3') throw new Error('the second copy is in a bucket');
  return { plan, offsite };
}

describe('retention in a bucket with object lock', () => {
  it('leaves what is locked with the day, removes the other copies, and locks what it promotes to its end', async () => {
    const { plan, offsite } = await planIn('one', { lock: '2d' });
    await makePast(stage.lab, plan.copies, idsOfDays(12, 0));
    const { preview, done } = await previewAndRun(stage, plan);
    expect(preview.counts.expire).toBeGreaterThan(0);
    expect(preview.violations.length).toBe(preview.counts.expire);
    expect(done.exceptions).toEqual([]);
    expect((await pastIn(offsite)).size).toBe(13);
    expect((await pastIn(plan.copies[0] ?? offsite)).size).toBe(13 - preview.counts.expire);
    const promoted = [...(await pastIn(offsite))].flatMap(([id, files]) =>
      files.flatMap((file) => {
        const [, until] = /^keep\.weekly\.(\d{8})\.json$/.exec(file) ?? [];
        return until === undefined ? [] : [{ id, files, until }];
      }),
    );
    expect(promoted.length).toBe(preview.counts.promote);
    await withStores([offsite], async (store) => {
      for (const { id, files, until } of promoted)
        for (const file of files) {
          const lock = await store.lockOf(keyOf({ source: 'shop', backupId: id }, file));
          expect(lock?.until?.toISOString().replaceAll('-', '').slice(0, 8)).toBe(until);
        }
    });
    const again = await stage.execute('retention', { plan, mode: 'run' });
    expect(again).toMatchObject({ promoted: 0, expired: 0 });
  });

  it('locks a marker as long as its tier, also where new objects are locked longer', async () => {
    const { plan, offsite } = await planIn('four', { lock: '90d', rules: { daily: '30d', weekly: '2w' } });
    await makePast(stage.lab, plan.copies, idsOfDays(1, 0));
    const { done } = await previewAndRun(stage, plan);
    expect(done.exceptions).toEqual([]);
    const markers = [...(await pastIn(offsite))].flatMap(([backupId, files]) =>
      files.filter((file) => file.startsWith('keep.')).map((file) => ({ backupId, file })),
    );
    expect(markers.length).toBeGreaterThan(0);
    await withStores([offsite], async (store) => {
      for (const { backupId, file } of markers) {
        const lock = await store.lockOf(keyOf({ source: 'shop', backupId }, file));
        expect((lock?.until?.getTime() ?? 0) - Date.now()).toBeLessThan(20 * 86_400_000);
      }
    });
  });

  it('names a lock that is missing although the policy says so, and promotes nothing there', async () => {
    const { plan, offsite } = await planIn('plain');
    await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
    const locked: ResolvedPlan = {
      ...plan,
      copies: plan.copies.map((copy) =>
        copy.kind === 's3' ? { ...copy, lock: { mode: 'compliance', for: 86_400 } } : copy,
      ),
    };
    const { done } = await previewAndRun(stage, locked);
    expect(done.result).toBe('passed-with-exceptions');
    expect(done.exceptions.join(' ')).toMatch(
      /offsite holds no object lock on \S+, although the policy says so/,
    );
    expect(done.exceptions.join(' ')).toMatch(/was not promoted in offsite: .*has no object lock/);
    const markers = [...(await pastIn(offsite)).values()].flat().filter((name) => name.startsWith('keep.'));
    expect(markers).toEqual([]);
  });

  it('leaves a copy whose lock it may not ask for, and goes on with the others', async () => {
    const { plan, offsite } = await planIn('two', { rules: { daily: '3d' } });
    await makePast(stage.lab, plan.copies, idsOfDays(8, 0));
    proxy.add({
      method: 'GET',
      path: new RegExp(`${idOfDay(5)}/manifest\\.json`),
      query: { retention: /^/ },
      times: 50,
      action: { do: 'answer', status: 403 },
    });
    const { done } = await previewAndRun(stage, plan);
    proxy.clear();
    const left = [...(await pastIn(offsite)).keys()];
    expect(left).toContain(idOfDay(5));
    expect(left).not.toContain(idOfDay(4));
    expect([...(await pastIn(plan.copies[0] ?? offsite)).keys()]).not.toContain(idOfDay(5));
    expect(done.violations).toEqual([
      expect.objectContaining({ backupId: idOfDay(5), sentence: expect.stringContaining('lock-unknown') }),
    ]);
    expect(done.exceptions).toHaveLength(1);
  });

  it('copies into the archive of a tier, read back and locked there, and nothing else', async () => {
    const { plan } = await planIn('three', {
      rules: { daily: '3d', monthly: '2m', storage: { monthly: { repository: 'archive' } } },
      more: {
        archive: labBucket(s3, 'archive', {
          zone: 'fra',
          lock: { mode: 'compliance', for: '1d' },
          deleteCredentials: { env: 'LAB_ROOT' },
        }),
      },
    });
    await makePast(stage.lab, plan.copies, idsOfDays(45, 0));
    const { preview, done } = await previewAndRun(stage, plan);
    expect(done.exceptions).toEqual([]);
    const archive = plan.retention?.storage.monthly?.repository;
    if (archive === undefined) throw new Error('no archive');
    const archived = await pastIn(archive);
    expect(archived.size).toBe(preview.counts.promote);
    for (const [id, files] of archived) {
      expect(files.some((name) => name.startsWith('keep.monthly.'))).toBe(true);
      const { signers, key } = plan;
      const verified = await stage.execute('verify', {
        backup: { source: 'shop', backupId: id },
        repositories: [archive],
        signers,
        keys: [key],
        deep: false,
      });
      expect(verified.result).toBe('passed');
    }
    expect(await stage.execute('retention', { plan, mode: 'run' })).toMatchObject({
      promoted: 0,
      expired: 0,
    });
  });
});
