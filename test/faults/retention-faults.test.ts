import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { directoryOf } from '../../repository/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import { confirmMessage, type RetentionProgress } from '../../workflows/contract-retention.ts';
import { type KeptScene, openKeptScene } from '../support/kept.ts';
import { idOfDay, idsOfDays, makePast, mark, pastIn } from '../support/past.ts';
import { failureOf, type Stage } from '../support/stage.ts';

let scene: KeptScene;
let stage: Stage;

beforeAll(async () => {
  scene = await openKeptScene(['fra']);
  stage = scene.stage;
});

afterEach(() => scene.proxy.clear());

afterAll(async () => {
  await scene?.close();
});

const listing = { method: 'GET', query: { 'list-type': /2/, prefix: /\/shop\/$/ } } as const;

async function planOfDays(oldest: number, newest = 0): Promise<ResolvedPlan> {
  const plan = await scene.plan({ daily: '3d' });
  await makePast(stage.lab, plan.copies, idsOfDays(oldest, newest));
  return plan;
}

function localPath({ copies: [local] }: ResolvedPlan): string {
  if (local?.kind !== 'filesystem') throw new Error('the first copy is a directory');
  return local.path;
}

describe('retention', () => {
  it('decides nothing when a listing fails', async () => {
    const plan = await planOfDays(9);
    scene.proxy.add({ ...listing, times: 50, action: { do: 'answer', status: 403 } });
    const failure = await failureOf(stage.execute('retention', { plan, mode: 'run' }));
    expect(failure.code).toBe('access-denied');
    scene.proxy.clear();
    expect((await scene.left(plan)).map((ids) => ids.length)).toEqual([10, 10]);
  });

  it('goes on by itself after a repository was flaky for a while', async () => {
    const plan = await planOfDays(9);
    const rule = scene.proxy.add({ ...listing, times: 4, action: { do: 'reset' } });
    const done = await scene.run(plan);
    expect(rule.hits()).toBe(4);
    expect(done).toMatchObject({ result: 'passed', exceptions: [] });
  });

  it('does not believe a listing that is empty all of a sudden', async () => {
    const plan = await planOfDays(9);
    await scene.run(plan);
    await rm(join(localPath(plan), 'shop'), { recursive: true });
    const { sentence } = await failureOf(stage.execute('retention', { plan, mode: 'run' }));
    expect(sentence).toMatch(
      /^Repository local lists no backup of shop, and had \d after the last run of retention\. Nothing is decided on that\./,
    );
  });

  it('lets one repository fail, says so, and finishes it the next time', async () => {
    const plan = await planOfDays(9);
    scene.proxy.add({
      method: 'POST',
      query: { delete: /^/ },
      times: 500,
      action: { do: 'answer', status: 403 },
    });
    scene.proxy.add({ method: 'DELETE', times: 500, action: { do: 'answer', status: 403 } });
    const done = await scene.run(plan);
    expect(done.result).toBe('passed-with-exceptions');
    expect(done.exceptions.join(' ')).toMatch(/stays in offsite/);
    scene.proxy.clear();
    const [local = [], offsite = []] = await scene.left(plan);
    expect(local.length).toBeLessThan(10);
    expect(offsite).toHaveLength(10);
    const next = await stage.execute('retention', { plan, mode: 'run' });
    expect(next).toMatchObject({ result: 'passed', exceptions: [] });
    expect((await scene.left(plan))[1]).toEqual(local);
  });

  it('keeps the only verified backup, however old, and what is left of others is no backup', async () => {
    const plan = await scene.plan({ daily: '3d' });
    await makePast(stage.lab, plan.copies, [idOfDay(90)]);
    await mkdir(join(localPath(plan), directoryOf({ source: 'shop', backupId: idOfDay(1) })), {
      recursive: true,
    });
    await writeFile(
      join(
        localPath(plan),
        directoryOf({ source: 'shop', backupId: idOfDay(1) }),
        'data-0a1b2c.dump.zst.gpg',
      ),
      'debris',
    );
    const done = await scene.run(plan);
    expect(done.counts).toMatchObject({ keep: 1, expire: 0 });
    expect((await scene.left(plan))[1]).toEqual([idOfDay(90)]);
  });

  it('lets nothing expire by a clock that is behind', async () => {
    const plan = await planOfDays(9);
    await makePast(stage.lab, plan.copies, [idOfDay(-2)]);
    const done = await scene.run(plan);
    expect(done).toMatchObject({ counts: { expire: 0 }, expired: 0 });
    expect((await scene.left(plan)).map((ids) => ids.length)).toEqual([11, 11]);
  });

  it('looks once more before each removal: at holds, restores, promises, and at the newer backup', async () => {
    const plan = await planOfDays(12);
    const handle = await stage.start('retention', { plan, mode: 'run' });
    await waiting(handle.query.bind(handle));
    const [local, offsite] = plan.copies;
    if (local === undefined || offsite === undefined) throw new Error('no copies');
    await mark([local, offsite], idOfDay(12), { kind: 'hold', id: '0a1b2c3d' });
    await mark([local, offsite], idOfDay(11), {
      kind: 'reading',
      until: '2999-01-01T00:00:00.000Z',
      id: '0a1b2c3d',
    });
    await mark([local, offsite], idOfDay(10), { kind: 'keep', tier: 'yearly', until: '2999-01-01' });
    await mark([local, offsite], idOfDay(1), { kind: 'needs', backupId: idOfDay(9) });
    await handle.signal(confirmMessage, { by: 'dba-1' });
    const done = await handle.result();
    for (const ids of await scene.left(plan)) {
      for (const days of [12, 11, 10, 9, 1, 0]) expect(ids).toContain(idOfDay(days));
      for (const days of [8, 7, 6]) expect(ids).not.toContain(idOfDay(days));
    }
    for (const why of [
      /It came under the legal hold 0a1b2c3d/,
      /A restore is reading it/,
      /promised to be kept as yearly until 2999-01-01/,
      /can't be restored without it/,
    ])
      expect(done.exceptions.filter((sentence) => why.test(sentence))).toHaveLength(2);
  });

  it('removes nothing where the newer backup has gone since it decided', async () => {
    const plan = await planOfDays(9);
    const handle = await stage.start('retention', { plan, mode: 'run' });
    await waiting(handle.query.bind(handle));
    for (const days of [3, 2, 1, 0])
      await rm(join(localPath(plan), directoryOf({ source: 'shop', backupId: idOfDay(days) })), {
        recursive: true,
      });
    await handle.signal(confirmMessage, { by: 'dba-1' });
    const { exceptions } = await handle.result();
    expect(exceptions.some((sentence) => /stays in local: No newer verified backup/.test(sentence))).toBe(
      true,
    );
    const [local = [], offsite = []] = await scene.left(plan);
    expect(local.length).toBeGreaterThan(0);
    expect(offsite).toContain(idOfDay(0));
  });

  it('may run twice at once', async () => {
    const plan = await planOfDays(20);
    const { hash } = await stage.execute('retention', { plan, mode: 'preview' });
    const both = await Promise.all(
      [1, 2].map(() => stage.execute('retention', { plan, mode: 'run', expect: hash, by: 'dba-1' })),
    );
    expect(both.map(({ result, exceptions }) => [result, exceptions])).toEqual([
      ['passed', []],
      ['passed', []],
    ]);
    const [local, offsite] = await scene.left(plan);
    expect(local).toEqual(offsite);
    expect(await stage.execute('retention', { plan, mode: 'run' })).toMatchObject({
      expired: 0,
      promoted: 0,
    });
  });

  it('surveys a listing of 100,000 keys', async () => {
    const plan = await scene.plan({ daily: '3d' });
    const [local] = plan.copies;
    if (local === undefined) throw new Error('no copies');
    const root = localPath(plan);
    const names = ['manifest.json', 'manifest.json.sig', 'RESTORE.md', 'data-0a1b2c.dump.zst.gpg'];
    const start = Date.now() - 25_000 * 3_600_000;
    for (let at = 0; at < 25_000; at += 1) {
      const stamp = new Date(start + at * 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
      const directory = join(root, directoryOf({ source: 'shop', backupId: `${stamp}Z-0a1b2c3d` }));
      mkdirSync(directory, { recursive: true });
      for (const name of names) writeFileSync(join(directory, name), '');
    }
    const preview = await stage.execute('retention', { plan: { ...plan, copies: [local] }, mode: 'preview' });
    expect(preview.counts.keep + preview.counts.expire).toBe(25_000);
    expect(preview.survey.length).toBeLessThan(500_000);
    await rm(root, { recursive: true, force: true });
  });

  it('leaves what other plans of the same source have there', async () => {
    const plan = await planOfDays(9);
    const others = idsOfDays(19, 15);
    await makePast(stage.lab, plan.copies, others, { plan: 'other' });
    const done = await scene.run({ ...plan, siblings: ['other'] });
    expect(done.exceptions).toEqual([]);
    for (const ids of await scene.left(plan)) expect(ids).toEqual(expect.arrayContaining(others));
    expect([...(await pastIn(plan.copies[0] ?? never())).keys()]).not.toContain(idOfDay(9));
  });
});

function waiting(query: (name: string) => Promise<unknown>): Promise<void> {
  return eventually(async () => {
    const { phase } = progressOf(await query(progressQuery));
    expect(phase).toBe('waiting for confirmation');
  }, 60);
}

function progressOf(answer: unknown): Pick<RetentionProgress, 'phase'> | { phase: unknown } {
  return typeof answer === 'object' && answer !== null && 'phase' in answer ? answer : { phase: null };
}

function never(): never {
  throw new Error('no copy');
}
