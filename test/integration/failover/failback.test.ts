import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { postgresFence } from '../../../activities/steps/postgres-fence.ts';
import { postgresPromote } from '../../../activities/steps/postgres-promote.ts';
import { postgresStandby } from '../../../activities/steps/postgres-standby.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import { run } from '../../../process/index.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../../tools/servers/index.ts';
import { type Fact, knownFacts } from '../../../workflows/contract-failover-steps.ts';
import { commandOf, runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { sql } from '../../support/postgres-trip.ts';
import { aStep } from '../../support/steps.ts';

describe('failing over, writing, and failing back', () => {
  let primary: ReplicatedServer;
  let standby: StandbyServer;
  let beside: Awaited<ReturnType<typeof startStepWork>>;
  let there: Awaited<ReturnType<typeof startStepWork>>;
  let old: PostgresTarget;
  let young: PostgresTarget;

  beforeEach(async () => {
    [primary, beside, there] = await Promise.all([
      startPrimary({ major: 15 }),
      startStepWork('fra'),
      startStepWork('ams'),
    ]);
    await sql(primary, 'postgres', 'create database shop');
    await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
    standby = await startStandby(primary);
    old = targetOn(primary, 'old', 'fra');
    young = targetOn(standby, 'young', 'ams');
  });

  afterEach(async () => {
    await Promise.all([standby?.stop(), primary?.stop(), beside?.dispose(), there?.dispose()]);
  });

  const count = async (server: ReplicatedServer) => {
    const [row] = await sql(server, 'shop', 'select count(*)::int as n from orders');
    return row;
  };
  const caughtUp = (from: ReplicatedServer, to: ReplicatedServer) =>
    eventually(async () => expect(await count(to)).toEqual(await count(from)), 20);
  const fence = (target: PostgresTarget, work = beside) =>
    postgresFence.carryOut({ ...aStep('fence'), do: 'postgres.fence', target }, runOf(), work);
  const promote = (
    target: PostgresTarget,
    from: PostgresTarget,
    results: Record<string, Fact[]>,
    work = there,
  ) =>
    postgresPromote.carryOut(
      { ...aStep('promote'), do: 'postgres.promote', target, primary: from },
      runOf({ results }),
      work,
    );
  const follow = (target: PostgresTarget, from: PostgresTarget, work = beside) =>
    postgresStandby.carryOut(
      { ...aStep('rebuild'), do: 'postgres.standby', target, primary: from },
      runOf(),
      work,
    );
  const valueIn = (facts: Fact[], name: string) => facts.find((fact) => fact.name === name)?.value;
  const filesOf = async (server: ReplicatedServer) =>
    (await readdir(dirname(server.directory))).filter((name) => name.startsWith(basename(server.directory)));

  it('loses no row, and comes back to the first server', async () => {
    await caughtUp(primary, standby);
    const fenced = await fence(old);
    await promote(young, old, { fence: fenced.results });
    await sql(standby, 'shop', 'insert into orders select generate_series(1001, 2000)');

    const rejoined = await follow(old, young);
    expect(rejoined.sentence).toMatch(/^old follows young, after it was rewound/);
    expect((await follow(old, young)).sentence).toBe('old follows young already.');
    await caughtUp(standby, primary);
    expect(await count(primary)).toEqual({ n: 2000 });
    expect(await filesOf(primary)).toEqual(['data', 'data.pgpass']);

    await sql(standby, 'shop', 'insert into orders select generate_series(2001, 3000)');
    const back = await fence(young, there);
    const home = await promote(old, young, { fence: back.results }, beside);
    expect(valueIn(home.results, 'timeline')).toBe('3');
    expect(valueIn(home.results, knownFacts.lagBytes)).toBe('0 B');
    expect(await count(primary)).toEqual({ n: 3000 });
    expect((await follow(young, old, there)).sentence).toMatch(/^young follows old, after/);
    await sql(primary, 'shop', 'insert into orders values (3001)');
    await caughtUp(primary, standby);
  });

  it('rewinds a primary that crashed with rows that never arrived', async () => {
    await caughtUp(primary, standby);
    await sql(standby, 'postgres', `alter system set primary_conninfo = ''`);
    await sql(standby, 'postgres', 'select pg_reload_conf()');
    await eventually(
      async () => expect(await sql(primary, 'postgres', 'select from pg_stat_replication')).toHaveLength(0),
      20,
    );
    await sql(primary, 'shop', 'insert into orders select generate_series(1001, 1500)');
    await primary.kill();
    await promote(young, old, {});
    await sql(standby, 'shop', 'insert into orders values (9999)');
    const rejoined = await follow(old, young);
    expect(rejoined.sentence).toContain('after it was rewound');
    expect(rejoined.output).toContain('servers diverged at WAL location');
    await caughtUp(standby, primary);
    expect(await count(primary)).toEqual({ n: 1001 });
  });

  it('copies anew what can not be rewound, and keeps what was there', async () => {
    await sql(primary, 'postgres', 'alter system set wal_log_hints = off');
    await primary.restart();
    await caughtUp(primary, standby);
    const fenced = await fence(old);
    await promote(young, old, { fence: fenced.results });
    await sql(standby, 'shop', 'insert into orders values (1001)');
    const rejoined = await follow(old, young);
    expect(rejoined.sentence).toContain('copied anew, since it has neither checksums nor wal_log_hints');
    const kept = valueIn(rejoined.results, 'kept aside') ?? '';
    await access(join(kept, 'PG_VERSION'));
    await caughtUp(standby, primary);
    expect(await filesOf(primary)).toEqual(['data', basename(kept), 'data.pgpass']);
    expect(await sql(primary, 'postgres', 'show wal_log_hints')).toEqual([{ wal_log_hints: 'off' }]);
  });

  it('goes on with what an earlier attempt prepared, and copies what one left in the midst', async () => {
    await sql(primary, 'postgres', `alter system set work_mem = '7MB'`);
    await caughtUp(primary, standby);
    const fenced = await fence(old);
    await promote(young, old, { fence: fenced.results });
    const broken = { ...old, start: commandOf('false') };
    await expect(follow(broken, young)).rejects.toMatchObject({ code: 'process-failed' });
    expect((await follow(old, young)).sentence).toContain('as an earlier attempt prepared it');
    await sql(standby, 'shop', 'insert into orders values (1001)');
    await caughtUp(standby, primary);

    // As a worker leaves it that is killed while it rewinds: the configuration kept, the directory not to be trusted.
    await fence(old);
    const kept = `${primary.directory}.holdfast-configuration`;
    await mkdir(kept);
    const own = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'];
    const files = own.map((name) => join(primary.directory, name));
    await run({ command: 'cp', args: ['-a', ...files, kept] });
    await rm(join(primary.directory, 'standby.signal'));
    await writeFile(join(primary.directory, 'postgresql.conf'), 'of another server');
    const dead = `${primary.directory}.holdfast-new-dead`;
    await mkdir(dead);
    const owner = { host: hostname(), pid: 1, started: 'long ago', workflowId: 'another' };
    await writeFile(join(dead, 'owner.json'), JSON.stringify(owner));
    const rejoined = await follow(old, young);
    expect(rejoined.sentence).toContain('copied anew, since an earlier attempt was interrupted');
    await sql(standby, 'shop', 'insert into orders values (1002)');
    await caughtUp(standby, primary);
    expect(await sql(primary, 'postgres', 'show work_mem')).toEqual([{ work_mem: '7MB' }]);
    const aside = basename(valueIn(rejoined.results, 'kept aside') ?? '');
    expect(await filesOf(primary)).toEqual(['data', aside, 'data.pgpass']);
  });

  it('touches neither a server that takes writes, nor a directory that is not its own', async () => {
    await expect(follow(old, { ...old, name: 'another' })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('would lose what is written'),
    });
    await expect(follow(old, young)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Nothing can follow young'),
    });
    const fenced = await fence(old);
    await promote(young, old, { fence: fenced.results });
    for (const [directory, sentence] of [
      [standby.directory, 'A server runs in'],
      ['/etc', 'is no data directory'],
    ])
      await expect(follow({ ...old, directory: directory ?? '' }, young)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining(sentence ?? ''),
      });
    // Servers of one version are copies of one cluster here.
    const other = await startPrimary({ major: 16 });
    process.env.HOLDFAST_POSTGRES_BIN = `${primary.bin}:${other.bin}`;
    await other.kill();
    await expect(follow({ ...old, directory: other.directory }, young)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('holds another cluster'),
    });
    delete process.env.HOLDFAST_POSTGRES_BIN;
    await other.stop();
    const look = await postgresStandby.look(
      { ...aStep('rebuild'), do: 'postgres.standby', target: { ...old, directory: '/etc' }, primary: young },
      runOf(),
      beside,
    );
    expect(look.findings.map(({ outcome }) => outcome)).toEqual(['ok', 'fault']);
  });
});
