import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { PostgresTarget } from '../../policy/resolved-failover.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../tools/servers/index.ts';
import { targetOn } from '../support/failover.ts';
import { type Failovers, openFailovers, progressOfRun, say, waiting } from '../support/failovers.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { sql } from '../support/postgres-trip.ts';
import { type Program, startProgram } from '../support/program.ts';
import { step } from '../support/runbooks.ts';

describe('a failover of PostgreSQL', () => {
  let scene: Failovers;
  let places: Places;
  let primary: ReplicatedServer;
  let standby: StandbyServer;
  let worker: Program | undefined;

  beforeAll(async () => {
    [scene, places, primary] = await Promise.all([
      openFailovers(),
      openPlaces(),
      startPrimary({ major: 15 }),
    ]);
    await sql(primary, 'postgres', 'create database shop');
    await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
    standby = await startStandby(primary, {
      max_standby_streaming_delay: '-1',
      recovery_min_apply_delay: `'100ms'`,
    });
    await scene.rest();
    await startWorker();
  });

  afterAll(async () => {
    await worker?.kill();
    await Promise.all([scene?.close(), places?.close(), standby?.stop(), primary?.stop()]);
  });

  const startWorker = async () => {
    const { address } = scene.stage.orchestra.temporal;
    worker = startProgram(['worker', '--zone', 'ams'], { TEMPORAL_ADDRESS: address, ...places.environment });
    await worker.saying('Working');
  };
  /** As the policy of another process names it: its password is in a file. */
  const target = async (server: ReplicatedServer, name: string, zone: string): Promise<PostgresTarget> => {
    const file = join(scene.stage.lab.directory, `password-${name}`);
    await writeFile(file, server.password, { mode: 0o600 });
    return targetOn(server, name, zone, { password: { file } });
  };
  const replayed = () =>
    eventually(
      async () =>
        expect(await sql(standby, 'shop', 'select count(*)::int as n from orders')).toEqual([{ n: 1000 }]),
      30,
    );

  it('whose worker is killed while it promotes promotes once', async () => {
    await replayed();
    const old = await target(primary, 'old', 'fra');
    const young = await target(standby, 'young', 'ams');
    // The replay is held up in the midst of the promotion, by a reader that needs what it would remove.
    const reader = new Client({ connectionString: standby.url('shop') });
    reader.on('error', () => undefined);
    await reader.connect();
    await reader.query('begin isolation level repeatable read; select count(*) from orders');
    await sql(primary, 'shop', 'delete from orders where id <= 500');
    await sql(primary, 'shop', 'vacuum orders');
    await eventually(
      async () =>
        expect(
          await sql(
            standby,
            'postgres',
            `select from pg_stat_activity where backend_type = 'startup' and wait_event = 'RecoveryConflictSnapshot'`,
          ),
        ).toHaveLength(1),
      30,
    );
    await primary.kill();

    const book = [
      step('fence', { do: 'postgres.fence', target: old }),
      step('promote', { do: 'postgres.promote', target: young, primary: old }, { needs: ['fence'] }),
      step(
        'check',
        { do: 'sql.check', target: young, queries: ['select count(*) = 500 from orders'], within: 60 },
        { needs: ['promote'] },
      ),
    ];
    const handle = await scene.start(book, { person: 'dba-1' });
    const { step: fence } = await waiting(handle, 'fence', 'decision');
    expect(fence.sentences.join(' ')).toContain("the commander's word");
    const word = { by: 'commander-1', step: 'fence', evidence: 'the site is dark' };
    expect(await say(handle, 'complete', word)).toMatchObject({ outcome: 'followed' });
    await eventually(
      async () =>
        expect(
          await sql(
            standby,
            'postgres',
            `select from pg_stat_activity where query like 'select pg_promote%'`,
          ),
        ).toHaveLength(1),
      60,
    );
    await worker?.kill();
    await reader.end();
    await eventually(
      async () =>
        expect(await sql(standby, 'postgres', 'select pg_is_in_recovery() as r')).toEqual([{ r: false }]),
      60,
    );
    await startWorker();
    const result = await handle.result();
    expect(result.result).toBe('passed-with-exceptions');
    const { steps } = await progressOfRun(handle);
    expect(steps.map(({ state }) => state)).toEqual([
      'passed-with-exceptions',
      'passed-with-exceptions',
      'passed',
    ]);
    expect(steps[1]?.sentences.join(' ')).toMatch(/had been promoted before|Nobody can say/);
    expect(steps[1]?.results).toContainEqual(expect.objectContaining({ name: 'timeline', value: '2' }));
  });
});
