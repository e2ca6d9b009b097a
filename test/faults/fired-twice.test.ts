import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { applyChanges, backupScheduleId, desiredSchedules, diffSchedules } from '../../schedules/index.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { eventually, type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import type { Workflows } from '../../workflows/contract.ts';
import { queryDatabase } from '../support/database.ts';
import { filesOfBackup, pathsBelow } from '../support/files.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let postgres: PostgresServer;
let directories: [string, string];
let worker: { stop(): Promise<void> };

beforeAll(async () => {
  [stage, postgres] = await Promise.all([openStage([]), startPostgres({ major: 15 })]);
  worker = await stage.orchestra.play('fra');
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  directories = [await stage.lab.repositoryPath('one'), await stage.lab.repositoryPath('two')];
  const repository = (path: string) => ({ kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' });
  const policy = await stage.apply({
    repositories: { one: repository(directories[0]), two: repository(directories[1]) },
    sources: { shop: await labSource(stage.lab, postgres, 'shop') },
    plans: {
      // Paused, it fires only when it is told to.
      hourly: {
        source: 'shop',
        schedule: { cron: '30 * * * *', paused: true },
        key: 'databases',
        copies: ['one', 'two'],
      },
    },
  });
  const desired = desiredSchedules(policy).filter(({ id }) => id === backupScheduleId('hourly'));
  const changes = diffSchedules(desired, [], policy.organization);
  const applied = await applyChanges(stage.orchestra.client, changes, policy.organization);
  expect(applied).toEqual([{ id: backupScheduleId('hourly'), kind: 'create', outcome: 'done' }]);
});

afterAll(async () => {
  await Promise.all([stage?.close(), postgres?.stop()]);
});

/** The nominal time so many hours before the next one. */
function nominal(hoursAgo: number): Date {
  const half = new Date();
  half.setUTCMinutes(30, 0, 0);
  return new Date(half.getTime() - (hoursAgo + 1) * 3_600_000);
}

/** Makes the Schedule fire one of its times, whether it has fired it before or not. */
function fire(time: Date): Promise<void> {
  return stage.orchestra.client.schedule.getHandle(backupScheduleId('hourly')).backfill({
    start: new Date(time.getTime() - 1000),
    end: new Date(time.getTime() + 1000),
    overlap: 'ALLOW_ALL',
  });
}

/** The runs of one nominal time, oldest first, once there are so many. */
function runsOf(time: Date, count: number): Promise<WorkflowExecutionInfo[]> {
  const workflowId = `backup/hourly-${time.toISOString().replace('.000', '')}`;
  return eventually(async () => {
    const runs: WorkflowExecutionInfo[] = [];
    for await (const run of stage.orchestra.client.workflow.list({ query: `WorkflowId = "${workflowId}"` }))
      runs.push(run);
    expect(runs).toHaveLength(count);
    return runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  }, 60);
}

const handleOf = ({ workflowId, runId }: WorkflowExecutionInfo) =>
  stage.orchestra.client.workflow.getHandle<Workflows['backup']>(workflowId, runId);

async function activitiesOf(run: WorkflowExecutionInfo): Promise<string[]> {
  const { events } = await handleOf(run).fetchHistory();
  return (events ?? []).flatMap(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
  );
}

const only = <T>(items: T[]): T => {
  const [first, ...others] = items;
  if (first === undefined || others.length > 0) throw new Error(`one was expected, not ${items.length}`);
  return first;
};

const manifestsIn = async (directory: string) =>
  (await pathsBelow(directory)).filter((path) => path.endsWith('/manifest.json'));

describe('a time of a Schedule that fires twice', () => {
  it('is one backup when it fires again after the first has ended: nothing is dumped again', async () => {
    const time = nominal(1);
    await fire(time);
    const first = only(await runsOf(time, 1));
    const made = await handleOf(first).result();
    expect(made).toMatchObject({ result: 'passed', rows: 1000 });
    expect(made.backupId).toContain(time.toISOString().slice(0, 16).replaceAll(/[-:]/g, ''));
    expect(await activitiesOf(first)).toContain('dump');
    const before = await Promise.all(directories.map((directory) => pathsBelow(directory)));

    await queryDatabase(postgres, 'shop', 'insert into t values (0)');
    await fire(time);
    const [, second] = await runsOf(time, 2);
    if (second === undefined) throw new Error('two runs were counted');
    const again = await handleOf(second).result();
    expect(again).toMatchObject({ result: 'passed', backupId: made.backupId, rows: 1000 });
    expect(await activitiesOf(second)).toEqual(['preflight', 'signManifest', 'tellAlerts']);
    expect(await Promise.all(directories.map((directory) => pathsBelow(directory)))).toEqual(before);
  });

  it('is one run when it fires again while the first is under way', async () => {
    const time = nominal(2);
    await worker.stop();
    await fire(time);
    const first = only(await runsOf(time, 1));
    await fire(time);
    // Fired after it, and in the same order carried out: when this run is there, the second firing is over.
    const later = nominal(3);
    await fire(later);
    await runsOf(later, 1);
    worker = await stage.orchestra.play('fra');
    const { backupId } = await handleOf(first).result();
    expect(only(await runsOf(time, 1)).runId).toBe(first.runId);
    const files = await Promise.all(directories.map((directory) => filesOfBackup(directory, backupId)));
    expect(files[0]).toHaveLength(6);
    expect(files[1]).toEqual(files[0]);
    expect((await manifestsIn(directories[0])).filter((path) => path.includes(backupId))).toHaveLength(1);
  });

  it('fills the copy that the first run could not make, from the one that it made', async () => {
    const time = nominal(4);
    await fire(time);
    const made = await handleOf(only(await runsOf(time, 1))).result();
    const path = only((await manifestsIn(directories[1])).filter((each) => each.includes(made.backupId)));
    await rm(dirname(join(directories[1], path)), { recursive: true });
    await fire(time);
    const [, second] = await runsOf(time, 2);
    if (second === undefined) throw new Error('two runs were counted');
    expect(await handleOf(second).result()).toMatchObject({
      result: 'passed',
      backupId: made.backupId,
      copies: [
        { state: 'committed' },
        { state: 'committed', sentence: expect.stringContaining('good copy') },
      ],
    });
    expect(await activitiesOf(second)).not.toContain('dump');
    expect(await filesOfBackup(directories[1], made.backupId)).toHaveLength(6);
  });
});
