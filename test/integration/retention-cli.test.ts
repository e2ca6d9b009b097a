import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { ensureSearchAttributes } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { idOfDay, idsOfDays, makePast, pastIn } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let plan: ResolvedPlan;
/** One that would expire. */
let held: string;

beforeAll(async () => {
  stage = await openStage(['fra']);
  const { client, temporal } = stage.orchestra;
  const connection = await Connection.connect({ address: temporal.address });
  await ensureSearchAttributes(client, connection);
  await connection.close();
  const directory = async (name: string) => ({
    kind: 'filesystem',
    path: await stage.lab.repositoryPath(name),
    zone: 'fra',
    keepFree: '1MiB',
  });
  const shared = { source: 'shop', key: 'databases', schedule: '0 2 * * *' };
  const policy = await stage.apply({
    repositories: { near: await directory('near'), far: await directory('far') },
    retention: { short: { daily: '3d', weekly: '4w' } },
    sources: {
      shop: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'shop', user: 'backup' },
      other: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'other', user: 'backup' },
    },
    plans: {
      kept: { ...shared, copies: ['near', 'far'], retention: 'short' },
      forever: { ...shared, source: 'other', copies: ['near', 'far'] },
    },
  });
  const found = policy.plans.kept;
  if (found === undefined) throw new Error('the plan is gone');
  plan = found;
  await makePast(stage.lab, plan.copies, idsOfDays(12, 0));
});

afterAll(async () => {
  await stage?.close();
});

function cli(args: string[], answer?: string): Promise<CliRun> {
  const env = { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile };
  return holdfast(args, answer === undefined ? { env } : { env, answer });
}

const listed = async (): Promise<string[]> => {
  const [near] = plan.copies;
  return near === undefined ? [] : [...(await pastIn(near)).keys()];
};

describe('retention on the command line', () => {
  it('puts a backup under a legal hold, with a reason that everybody can read', async () => {
    const { plans } = JSON.parse((await cli(['retention', 'preview', '--json'])).stdout);
    held = plans[0].backups.find(({ action }: { action: string }) => action === 'expire').backupId;
    const hold = await cli(['backup', 'hold', held, '--reason', 'case 2026-17', '--as', 'counsel-1']);
    expect(hold).toMatchObject({ code: 0, stderr: '' });
    expect(hold.stdout).toContain(`held      ${held} in near`);
    const shown = await cli(['backup', 'show', held]);
    expect(shown.stdout).toMatch(/legal hold [0-9a-f]{8} by counsel-1 since \S+: case 2026-17/);
    expect((await cli(['backup', 'list'])).stdout).toMatch(new RegExp(`${held}.* held`));
    const nobody = await cli(['backup', 'hold', held, '--reason', 'two\nlines', '--as', 'counsel-1']);
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('The reason must be one line') });
  });

  it('previews each backup with what becomes of it and why, and the sums', async () => {
    const { code, stdout } = await cli(['retention', 'preview']);
    expect(code).toBe(3);
    expect(stdout).toContain('kept: short: daily 3 days, weekly 4 weeks (Europe/Amsterdam)');
    expect(stdout).toMatch(new RegExp(`${idOfDay(0)} .* (keep|promote)`));
    expect(stdout).toMatch(new RegExp(`${held} .* keep .*It is under the legal hold`));
    expect(stdout).toContain('Its time as daily was over after');
    expect(stdout).toMatch(/Keeps \d+, promotes [23] of them, expires \d, which frees [\d.]+ \w+/);
    expect(stdout).toContain(`violation  ${held}: Kept longer than the policy allows`);
    const { plans } = JSON.parse((await cli(['retention', 'preview', 'kept', '--json'])).stdout);
    expect(plans[0].backups).toHaveLength(13);
    expect(plans[0]).not.toHaveProperty('survey');
    expect(await listed()).toHaveLength(13);
  });

  it('says what to do for a plan that keeps its backups for ever', async () => {
    expect(await cli(['retention', 'preview', 'forever'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The plan forever has no retention: its backups are kept for ever.'),
    });
  });

  it('asks, and does nothing on a no', async () => {
    expect(await cli(['retention', 'run', 'kept'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Add --yes'),
    });
    expect(await cli(['retention', 'run', 'kept'], 'n')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was changed.'),
    });
    expect(await listed()).toHaveLength(13);
  });

  it('confirms a run that waits, and tells when none does', async () => {
    expect(await cli(['retention', 'confirm', 'kept', '--as', 'dba-1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No retention of the plan kept is under way.'),
    });
    const handle = await stage.orchestra.client.workflow.start('retention', {
      workflowId: 'retention/kept-scheduled',
      taskQueue: 'holdfast-fra',
      args: [{ plan, mode: 'run' }],
      searchAttributes: { HoldfastPlan: ['kept'] },
    });
    const confirmed = await eventually(async () => {
      const run = await cli(['retention', 'confirm', 'kept', '--as', 'dba-1']);
      expect(run).toMatchObject({ code: 0, stdout: 'Confirmed by dba-1.\n' });
      return run;
    }, 60);
    expect(confirmed.stderr).toBe('');
    expect(await handle.result()).toMatchObject({ confirmedBy: 'dba-1' });
    expect((await listed()).length).toBeLessThan(13);
    expect((await cli(['backup', 'list'])).stdout).toContain('weekly');
  });

  it('does what it showed once a hold is released, and then has nothing to do', async () => {
    expect(await listed()).toContain(held);
    const released = await cli(['backup', 'release', held, '--reason', 'closed', '--as', 'counsel-1']);
    expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining('released') });
    const run = await cli(['retention', 'run', 'kept', '--yes', '--wait', '--as', 'dba-1']);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('promoted 0 copies, removed 2,');
    expect(await listed()).not.toContain(held);
    expect(await cli(['retention', 'run', 'kept'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('There is nothing to do.'),
    });
  });
});
