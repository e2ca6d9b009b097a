import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { heartbeatOf } from '../../cli/heartbeat.ts';
import { run } from '../../process/index.ts';
import { sweepServer, targetOn } from '../../sources/postgres/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../workflows/contract-alerts.ts';
import { releaseSignal } from '../../workflows/contract-restore.ts';
import { queryDatabase } from '../support/database.ts';
import { startWork } from '../support/postgres-trip.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';
import { askFor } from '../support/scene.ts';
import { type DeclaredServer, declareServer } from '../support/scratch-server.ts';

let scene: ProvingScene;
let server: DeclaredServer;
const rows = 500;

beforeAll(async () => {
  scene = await openProvingScene(rows);
  server = await declareServer(scene.stage.lab.directory);
});

afterAll(async () => {
  await Promise.all([scene?.close(), server?.stop()]);
});

afterEach(async () => {
  await scene.nothingLeft();
  expect(await server.scratches()).toEqual([]);
});

/** Whether the smoke command meets a scratch database of the declared server, while it is there. */
const meets = () =>
  `test "$PGPORT" = ${server.declared.port} && test "$(psql -Atc "select current_database() like 'holdfast%'")" = t`;

describe('a restore test on a declared server', () => {
  it('proves a copy in a database of its own, which is then gone', async () => {
    const backupId = await scene.backUp();
    const command = { run: ['sh', '-c', meets()], timeout: 60, secrets: {} };
    const result = await scene.test({ server: server.declared, command });
    expect(result).toMatchObject({
      result: 'passed',
      verdict: 'proven',
      backup: { backupId },
      attempts: [{ verdict: 'proven', rows: rows + 101, scratchGone: true }],
    });
    expect(result.attempts[0]?.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    // Roles belong to the server: of owners and rights nothing was proven, and the report says so.
    expect(result.attempts[0]?.warnings).toContain('Roles, owners and rights were left out.');
  });

  it('is failed by what it finds, and leaves nothing behind either', async () => {
    const result = await scene.test({ server: server.declared, smoke: ['select false'] });
    expect(result).toMatchObject({ verdict: 'disproven', attempts: [{ scratchGone: true }] });
  });
});

describe('a restore on a declared server', () => {
  it('is compared in a database of its own, which people reach until it is released', async () => {
    const backupId = await scene.backUp();
    const { plan, stage } = scene;
    const handle = await stage.start('restore', {
      ...askFor(plan, backupId),
      ...{ zone: 'fra', candidates: plan.copies, keep: 3600, server: server.declared },
    });
    const connect = await eventually(async () => {
      const told = heartbeatOf(await handle.describe())?.connect;
      if (typeof told !== 'string') throw new Error('nobody has told how to connect');
      return told;
    }, 60);
    expect(await server.scratches()).toHaveLength(1);
    const script = `${connect} --no-align --tuples-only --command='select count(*) from orders'`;
    const env = { PGPASSWORD: 'scratch', PATH: `${server.server.bin}:${process.env.PATH}` };
    expect((await run({ command: 'sh', args: ['-c', script], env })).stdout.trim()).toBe('100');
    // Nor does anybody who uses the server meanwhile remove it.
    const work = await startWork();
    expect(await sweepServer(targetOn(server.declared), () => work)).toEqual([]);
    await work.dispose();
    await handle.signal(releaseSignal);
    const leftOut = ['Roles, owners and rights were left out.'];
    expect(await handle.result()).toMatchObject({
      result: 'passed-with-exceptions',
      ...{ differences: [], rows: rows + 101, leftOut, exceptions: leftOut },
    });
  });
});

describe('a backup that needs an extension which the scratch server lacks', () => {
  beforeAll(async () => {
    // Cures what the tests before have told.
    expect(await scene.test()).toMatchObject({ verdict: 'proven' });
    // As a dump sees an extension that is installed on the source, and nowhere else.
    await queryDatabase(
      scene.postgres,
      'shop',
      `insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
       select 99999, 'timekeeper', 10, oid, false, '2.0' from pg_namespace where nspname = 'public'`,
    );
    await scene.backUp();
  });

  it.each([
    [
      'a private server',
      false,
      /because: .*this worker has no extension "timekeeper".*Install the extension/,
    ],
    ['a declared server', true, /because: .*the server development has no extension "timekeeper"/],
  ])('on %s: could not be tested, and fails nothing', async (_, declared, sentence) => {
    const result = await scene.test(declared ? { server: server.declared } : {});
    expect(result).toMatchObject({
      result: 'aborted',
      verdict: 'untested',
      attempts: [{ verdict: 'untested', reason: { code: 'tool-missing' }, scratchGone: true }],
      healed: [],
    });
    expect(result.exceptions.join(' ')).toMatch(sentence);
    const alerts = scene.stage.orchestra.client.workflow.getHandle(alertsWorkflowId);
    const { open } = await alerts.query<AlertsState>(alertsQuery);
    expect(open.map(({ kind, severity }) => `${severity} ${kind}`)).toEqual(['warning test-impossible']);
  });
});
