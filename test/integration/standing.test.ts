import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  attributesOf,
  backupScheduleId,
  backupWorkflowId,
  planStandings,
  typedAttributes,
} from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { holdfast } from '../support/cli.ts';
import { planOf } from '../support/plans.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;

/** More than are asked for one by one. */
const names = Array.from({ length: 25 }, (_, index) => `plan-${String(index).padStart(2, '0')}`);
const organization = 'Example BV';

beforeAll(async () => {
  stage = await openStage(['fra']);
  const path = await stage.lab.repositoryPath('local');
  const source = { kind: 'postgres', zone: 'fra', host: 'db.internal', database: 'shop', user: 'backup' };
  await stage.apply({
    repositories: { local: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' } },
    sources: Object.fromEntries(names.map((name) => [name, source])),
    plans: Object.fromEntries(
      names.map((name) => [
        name,
        { source: name, schedule: '0 2 * * *', key: 'databases', copies: ['local'] },
      ]),
    ),
  });
  const env = { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile };
  expect(await holdfast(['apply', '--yes'], { env })).toMatchObject({ code: 0 });
});

afterAll(() => stage?.close());

/** A run with a backup's attributes; it ends at once, or waits for a worker that nobody starts. */
function run(name: string, id: string, queue = taskQueueOf('fra')) {
  return stage.orchestra.client.workflow.start<Workflows['catalogue']>(workflowTypes.catalogue, {
    workflowId: `${backupWorkflowId(name)}-${id}`,
    taskQueue: queue,
    typedSearchAttributes: typedAttributes(attributesOf(planOf(name), workflowTypes.backup)),
    args: [{ repositories: [], signers: [], filter: {}, limit: 1 }],
  });
}

it('tells of many plans by lists what it tells of each alone', async () => {
  const { client } = stage.orchestra;
  await (await run('plan-00', 'older')).result();
  await (await run('plan-00', 'newer', 'nobody')).terminate('as if it had failed');
  await (await run('plan-01', 'good')).result();
  await run('plan-02', 'running', 'nobody');
  await client.schedule.getHandle(backupScheduleId('plan-03')).pause('by hand');
  await client.schedule.getHandle(backupScheduleId('plan-04')).delete();
  const standings = await eventually(async () => {
    const found = await planStandings(client, organization, names);
    const [failed, good, running, paused, gone] = found;
    expect(failed?.last).toMatchObject({ workflowId: 'backup/plan-00-newer', result: 'terminated' });
    expect(good).toMatchObject({ applied: true, last: { result: 'passed' }, running: null });
    expect(running).toMatchObject({ running: { workflowId: 'backup/plan-02-running' }, last: null });
    expect(paused).toMatchObject({ applied: true, paused: true, next: null });
    expect(gone).toMatchObject({ applied: false, next: null });
    expect(found.slice(5).every(({ applied, next }) => applied && next !== null)).toBe(true);
    return found;
  }, 60);
  expect(await planStandings(client, organization, names.slice(0, 5))).toEqual(standings.slice(0, 5));
  for (const some of [names.slice(0, 1), names]) {
    const others = await planStandings(client, 'Another BV', some);
    expect(others.filter(({ applied }) => applied)).toEqual([]);
  }
});
