import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOptions } from '../../cli/run-workflow.ts';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { attributesOf } from '../../schedules/index.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { eventually, type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let postgres: PostgresServer;
let away: ResolvedPlan;

/** Zone fra has a worker; zone ams never had one. */
beforeAll(async () => {
  [stage, postgres] = await Promise.all([openStage(['fra']), startPostgres({ major: 15 })]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  const [here, there] = await Promise.all([
    stage.lab.repositoryPath('here'),
    stage.lab.repositoryPath('there'),
  ]);
  const shop = await labSource(stage.lab, postgres, 'shop');
  const repository = (path: string, zone: string) => ({
    kind: 'filesystem',
    path,
    zone,
    keepFree: '1MiB',
  });
  const signingKey = { file: stage.lab.signing.privateFile };
  const { policy } = await stage.lab.usePolicy({
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey },
      ams: { region: 'EU', site: 'nl-ams1', signingKey },
    },
    repositories: { here: repository(here, 'fra'), there: repository(there, 'ams') },
    sources: { shop, away: { ...shop, zone: 'ams' } },
    plans: {
      home: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['here'] },
      away: { source: 'away', schedule: '0 2 * * *', key: 'databases', copies: ['there'] },
    },
  });
  const found = policy.plans.away;
  if (found === undefined) throw new Error('the plan is gone');
  away = found;
  expect(await cli('apply', '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('when a worker of zone ams starts'),
  });
  expect(await cli('backup', 'run', 'home', '--wait')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await Promise.all([stage?.close(), postgres?.stop()]);
});

function cli(...args: string[]): Promise<CliRun> {
  const env = { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile };
  return holdfast(args, { env });
}

async function statusOf(plan: string) {
  const { code, stdout } = await cli('status', '--plan', plan, '--json');
  const { plans } = JSON.parse(stdout);
  return { code, ...plans[0] };
}

describe('a zone without a worker', () => {
  it('is told at once to whoever wants to wait for a backup there, and nothing is started', async () => {
    expect(await cli('backup', 'run', 'away', '--wait')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: No worker of zone ams answers. Start one with `holdfast worker --zone ams`.\n',
    });
    expect(await statusOf('away')).toMatchObject({ running: [], last: null });
  });

  it('lets a backup wait for it, says what it waits for, and the backup ends by its time', async () => {
    const started = await cli('backup', 'run', 'away');
    expect(started).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('holdfast worker --zone ams'),
    });
    const { client } = stage.orchestra;
    const [waiting] = (await statusOf('away')).running;
    await client.workflow.getHandle(waiting).terminate('this one would wait for hours');
    const run = await client.workflow.start<Workflows['backup']>(workflowTypes.backup, {
      ...startOptions({
        zone: 'ams',
        workflowId: 'backup/away/soon',
        kind: workflowTypes.backup,
        summary: 'A backup whose time is over soon',
        attributes: attributesOf(away, 'backup'),
        timeout: 1,
      }),
      args: [{ plan: away }],
    });
    await expect(run.result()).rejects.toThrow();
    const status = await eventually(async () => {
      const now = await statusOf('away');
      expect(now.last).toMatchObject({ workflowId: 'backup/away/soon', result: 'timed out' });
      return now;
    }, 30);
    expect(status).toMatchObject({ code: 3, running: [], lastGood: null });
    expect(status.faults).toContainEqual(expect.stringContaining('timed out'));
    expect(status.faults).toContainEqual(expect.stringContaining('No worker of zone ams'));
  });

  it('is a fault while something runs there and nobody does it', async () => {
    const { workflowId } = JSON.parse((await cli('backup', 'run', 'away', '--json')).stdout);
    const status = await eventually(async () => {
      const now = await statusOf('away');
      expect(now.running).toEqual([workflowId]);
      return now;
    }, 30);
    expect(status.code).toBe(3);
    expect(status.faults).toContainEqual(expect.stringContaining('No worker of zone ams'));
    await stage.orchestra.client.workflow.getHandle(workflowId).terminate('it is seen');
  });

  it('leaves the backups of other zones to be listed, and its own are unknown and not absent', async () => {
    const [shown, document] = await Promise.all([cli('backup', 'list'), cli('backup', 'list', '--json')]);
    expect(shown).toMatchObject({ code: 1, stdout: expect.stringContaining('here') });
    expect(shown.stderr).toMatch(/repository there can't be read, so its backups are unknown: No worker/);
    const { backups, unreadable } = JSON.parse(document.stdout);
    expect(backups).toMatchObject([{ plan: 'home', copies: [{ repository: 'here' }] }]);
    expect(unreadable).toEqual([
      { repository: 'there', sentence: expect.stringContaining('No worker of that zone') },
    ]);
    const missing = await cli('backup', 'show', 'latest:away');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('there could not be read');
  });

  it('is well again as soon as its worker starts', async () => {
    await stage.orchestra.play('ams');
    const { client } = stage.orchestra;
    await client.workflow.getHandle('publish/ams').result();
    expect(await cli('backup', 'run', 'away', '--wait')).toMatchObject({ code: 0 });
    expect(await statusOf('away')).toMatchObject({ code: 0, worker: true, faults: [] });
  });
});
