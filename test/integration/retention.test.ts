import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import { confirmMessage, type RetentionProgress } from '../../workflows/contract-retention.ts';
import { applyKept, previewAndRun } from '../support/kept-plan.ts';
import { idOfDay, idsOfDays, makePast, mark, pastIn } from '../support/past.ts';
import { failureOf, openStage, type Stage } from '../support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(['fra', 'ams']);
});

afterAll(async () => {
  await stage?.close();
});

let count = 0;

/** A plan of its own with two directories, and what its rules say. */
async function planWith(
  rules: Record<string, unknown>,
  changes: { audit?: boolean } = {},
): Promise<ResolvedPlan> {
  count += 1;
  const directory = async (name: string, zone: string) => ({
    kind: 'filesystem',
    path: await stage.lab.repositoryPath(`${name}-${count}`),
    zone,
    keepFree: '1MiB',
  });
  return applyKept(stage, {
    repositories: {
      near: await directory('near', 'fra'),
      far: await directory('far', 'ams'),
      ...(changes.audit === true ? { log: await directory('log', 'fra') } : {}),
    },
    copies: ['near', 'far'],
    rules,
    ...(changes.audit === true ? { more: { audit: { repository: 'log' } } } : {}),
  });
}

const idsIn = async (plan: ResolvedPlan, index: number): Promise<string[]> => {
  const repository = plan.copies[index];
  if (repository === undefined) throw new Error('no such copy');
  return [...(await pastIn(repository)).keys()].sort();
};

describe('retention', () => {
  it('does what its preview says, in every repository, and nothing more when it runs again', async () => {
    const plan = await planWith({ daily: '3d', weekly: '4w' });
    const ids = idsOfDays(12, 0);
    await makePast(stage.lab, plan.copies, ids);
    const preview = await stage.execute('retention', { plan, mode: 'preview' });
    expect(await idsIn(plan, 0)).toEqual(ids);
    expect(preview.counts.expire).toBeGreaterThan(0);
    expect(preview.counts.promote).toBeGreaterThan(0);
    const run = await stage.execute('retention', { plan, mode: 'run', expect: preview.hash, by: 'dba-1' });
    expect(run).toMatchObject({
      result: 'passed',
      counts: preview.counts,
      hash: preview.hash,
      confirmedBy: 'dba-1',
      promoted: 2 * preview.counts.promote,
      expired: 2 * preview.counts.expire,
      bytes: preview.freed,
      exceptions: [],
    });
    const left = await idsIn(plan, 0);
    expect(left).toHaveLength(13 - preview.counts.expire);
    expect(left).toContain(idOfDay(0));
    expect(await idsIn(plan, 1)).toEqual(left);
    const again = await stage.execute('retention', { plan, mode: 'run' });
    expect(again).toMatchObject({ result: 'passed', promoted: 0, expired: 0, confirmedBy: null });
    expect(again.counts).toEqual({ keep: left.length, promote: 0, expire: 0, violations: 0 });
  });

  it('refuses to carry out what is not what was shown', async () => {
    const plan = await planWith({ daily: '3d' });
    await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
    const failure = await failureOf(
      stage.execute('retention', { plan, mode: 'run', expect: '0'.repeat(64), by: 'dba-1' }),
    );
    expect(failure.code).toBe('mismatch');
    expect(failure.sentence).toContain('holdfast retention preview kept');
    expect(await idsIn(plan, 0)).toHaveLength(10);
  });

  it('asks before it expires what was kept, promotes meanwhile, and takes the answer of a person', async () => {
    const plan = await planWith({ daily: '3d', weekly: '4w' });
    await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
    const handle = await stage.start('retention', { plan, mode: 'run' });
    const asking = await eventually(async () => {
      const progress = await handle.query<RetentionProgress>(progressQuery);
      expect(progress.phase).toBe('waiting for confirmation');
      return progress;
    }, 60);
    expect(asking.weighed?.shorter.backups).toBe(asking.weighed?.counts.expire);
    expect(await idsIn(plan, 0)).toHaveLength(10);
    const markers = [...(await pastIn(plan.copies[1] ?? plan.copies[0] ?? never())).values()].flat();
    expect(markers.filter((name) => name.startsWith('keep.weekly.')).length).toBeGreaterThan(0);
    await expect(handle.executeUpdate(confirmMessage, { args: [{ by: '' }] })).rejects.toThrow();
    await handle.signal(confirmMessage, { by: 'dba-1' });
    expect(await handle.result()).toMatchObject({ result: 'passed', confirmedBy: 'dba-1' });
    expect(await idsIn(plan, 0)).toHaveLength(10 - (asking.weighed?.counts.expire ?? 0));
  });

  it('asks nobody by the rules of the last run, and again when they become shorter', async () => {
    const plan = await planWith({ daily: '30d' });
    await makePast(stage.lab, plan.copies, idsOfDays(6, 0));
    expect(await stage.execute('retention', { plan, mode: 'run' })).toMatchObject({
      expired: 0,
      confirmedBy: null,
    });
    const shorter = structuredClone(plan);
    shorter.retention = {
      ...plan.retention,
      ...must(plan.retention),
      rules: { kind: 'flat', for: { count: 2, unit: 'day' } },
    };
    const preview = await stage.execute('retention', { plan: shorter, mode: 'preview' });
    expect(preview.shorter.backups).toBe(preview.counts.expire);
    expect(preview.counts.expire).toBeGreaterThan(0);
  });

  it('decides nothing when a repository lists no backup and must have some', async () => {
    const plan = await planWith({ daily: '3d' });
    const [near, far] = plan.copies;
    if (near === undefined || far === undefined) throw new Error('no copies');
    await makePast(stage.lab, [near], idsOfDays(9, 0));
    const failure = await failureOf(stage.execute('retention', { plan, mode: 'run' }));
    expect(failure).toEqual({
      code: 'service-unavailable',
      sentence:
        'Repository far lists no backup of shop, and near lists 10. Nothing is decided on that. If far is new, make a backup first; else look into the repository.',
    });
    expect(await idsIn(plan, 0)).toHaveLength(10);
  });

  it('keeps what is held, read, needed and half removed in its right', async () => {
    const plan = await planWith({ daily: '3d' });
    await makePast(stage.lab, plan.copies, idsOfDays(12, 0));
    const [near] = plan.copies;
    if (near === undefined) throw new Error('no copies');
    await mark([near], idOfDay(12), { kind: 'hold', id: '0a1b2c3d' });
    await mark([near], idOfDay(11), { kind: 'hold', id: '0a1b2c3d' });
    await mark([near], idOfDay(11), { kind: 'unhold', id: '0a1b2c3d' });
    await mark([near], idOfDay(10), { kind: 'reading', until: '2999-01-01T00:00:00.000Z', id: '0a1b2c3d' });
    await mark(plan.copies, idOfDay(2), { kind: 'needs', backupId: idOfDay(9) });
    await mark(plan.copies, idOfDay(8), { kind: 'deleting', id: '0a1b2c3d' });
    const preview = await stage.execute('retention', { plan, mode: 'preview' });
    const run = await stage.execute('retention', { plan, mode: 'run', expect: preview.hash });
    expect(run.exceptions).toEqual([]);
    const left = await idsIn(plan, 1);
    for (const days of [12, 10, 9, 2]) expect(left).toContain(idOfDay(days));
    for (const days of [11, 8, 7]) expect(left).not.toContain(idOfDay(days));
    expect(run.violations).toEqual([
      {
        backupId: idOfDay(12),
        sentence: 'Kept longer than the policy allows, without an end that is known (hold).',
        until: null,
      },
    ]);
    expect(run.result).toBe('passed-with-exceptions');
  });
});

describe('retention with an audit log', () => {
  it('records what was promoted, who agreed, what was to go and what went', async () => {
    const plan = await planWith({ daily: '3d', weekly: '4w' }, { audit: true });
    await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
    const { preview, done } = await previewAndRun(stage, plan);
    expect(done.exceptions).toEqual([]);
    const { entries } = await stage.execute('audit', { target: must(plan.audit), filter: {}, limit: 50 });
    const told = entries.filter(({ subject }) => subject.startsWith('kept'));
    expect(told.map(({ action }) => action).sort()).toEqual([
      'backup.expired',
      'backup.expired',
      'backup.expired',
      'backup.promoted',
      'retention.confirmed',
    ]);
    expect(told.every((event) => event.hash === preview.hash)).toBe(true);
    expect(told.find(({ action }) => action === 'retention.confirmed')?.person).toBe('dba-1');
  });

  it('lets nothing go that the log can not tell of', async () => {
    const plan = await planWith({ daily: '3d' }, { audit: true });
    await makePast(stage.lab, plan.copies, idsOfDays(9, 0));
    const audit = must(plan.audit);
    const { repository } = audit;
    if (repository.kind !== 'filesystem') throw new Error('the log is a directory');
    const lost = {
      ...plan,
      audit: { ...audit, repository: { ...repository, path: `${repository.path}-gone` } },
    };
    const { hash } = await stage.execute('retention', { plan: lost, mode: 'preview' });
    const failure = await failureOf(
      stage.execute('retention', { plan: lost, mode: 'run', expect: hash, by: 'dba-1' }),
    );
    expect(failure.sentence).toMatch(/^The audit log could not be written/);
    expect(await idsIn(plan, 0)).toHaveLength(10);
    expect(await idsIn(plan, 1)).toHaveLength(10);
  });
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

function never(): never {
  throw new Error('no repository');
}
