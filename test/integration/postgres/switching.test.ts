import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { ScratchServer } from '../../../policy/resolved-proof.ts';
import { publishRemade, type RemakeOrder } from '../../../sources/postgres/refreshing.ts';
import { remadeText } from '../../../sources/postgres/remade-mark.ts';
import { markText, readMark } from '../../../sources/postgres/scratch-mark.ts';
import {
  checkSwitched,
  type SwitchOrder,
  switchDatabases,
  undoSwitch,
} from '../../../sources/postgres/switching.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import { sql, startWork } from '../../support/postgres-trip.ts';

const live = `it's the "live" one`;
const mark = { workflowId: 'switch/test', until: '2030-01-01T00:00:00Z' };

describe.each([15, 16, 18] as const)('renaming databases of PostgreSQL %i', (major) => {
  let postgres: PostgresServer;
  let server: ScratchServer;
  let work: Awaited<ReturnType<typeof startWork>>;
  let order: SwitchOrder;
  let count = 0;

  beforeAll(async () => {
    [postgres, work] = await Promise.all([startPostgres({ major }), startWork()]);
    process.env[`HF_SWITCHING_${major}`] = postgres.password;
    const { host, port, superuser: user } = postgres;
    const password = { env: `HF_SWITCHING_${major}` };
    server = { name: 'test', zone: 'fra', host, port, user, password, ssl: { mode: 'prefer' } };
    await sql(postgres, 'postgres', `create role app; create role owner`);
  });

  afterAll(async () => {
    await work?.dispose();
    await postgres?.stop();
  });

  const found = async (column: string, name: string): Promise<unknown> => {
    const rows = await sql(
      postgres,
      'postgres',
      `select oid, shobj_description(oid, 'pg_database') as comment, datacl::text as rights
       from pg_database where datname = ${escapeLiteral(name)}`,
    );
    const [row] = rows;
    return typeof row === 'object' && row !== null ? Reflect.get(row, column) : null;
  };
  const make = async (name: string, comment: string | null): Promise<number> => {
    await sql(postgres, 'postgres', `create database ${escapeIdentifier(name)}`);
    if (comment !== null)
      await sql(
        postgres,
        'postgres',
        `comment on database ${escapeIdentifier(name)} is ${escapeLiteral(comment)}`,
      );
    return Number(await found('oid', name));
  };

  beforeEach(async () => {
    count += 1;
    const [name, scratch, keptAs] = [
      `${live} ${count}`,
      `holdfast_0000000${count}_live`,
      `${live} ${count}_before`,
    ];
    order = {
      live: name,
      liveOid: await make(name, 'the live one'),
      scratch,
      scratchOid: await make(scratch, markText(mark)),
      keptAs,
      workflowId: mark.workflowId,
    };
    await sql(postgres, 'postgres', `grant connect on database ${escapeIdentifier(name)} to app`);
  });

  const switched = async () => ({
    live: await found('oid', order.live),
    kept: await found('oid', order.keptAs),
  });

  it('is done once, however often it is asked for', async () => {
    const rights = await found('rights', order.live);
    await switchDatabases(server, order, work);
    await switchDatabases(server, order, work);
    await checkSwitched(server, order, work);
    expect(await switched()).toEqual({ live: order.scratchOid, kept: order.liveOid });
    expect(await found('comment', order.live)).toBe('the live one');
    expect(await found('rights', order.live)).toBe(rights);
  });

  it('is undone once, with the mark, and with the doors closed', async () => {
    await switchDatabases(server, order, work);
    expect(await undoSwitch(server, order, mark.until, work)).toBe(true);
    expect(await undoSwitch(server, order, mark.until, work)).toBe(false);
    expect(await switched()).toEqual({ live: order.liveOid, kept: null });
    expect(readMark(order.scratch, String(await found('comment', order.scratch)))).toEqual(mark);
    expect(String(await found('rights', order.scratch))).not.toContain('app=');
    expect(await found('comment', order.live)).toBe('the live one');
  });

  it('touches nothing where the scratch database is not the one of this run, or another has its name', async () => {
    await expect(switchDatabases(server, { ...order, workflowId: 'another' }, work)).rejects.toMatchObject({
      code: 'refused',
    });
    await expect(switchDatabases(server, { ...order, liveOid: 4_000_000_000 }, work)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('is gone'),
    });
    expect(await switched()).toEqual({ live: order.liveOid, kept: null });
    await expect(checkSwitched(server, order, work)).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('publishes a development database once, and does what a killed worker left', async () => {
    const made = { refresh: 'dev', backup: 'shop/x', at: mark.until, until: mark.until };
    const database = `dev ${count}`;
    const remake: RemakeOrder = { ...order, database, formerOid: null, owner: 'owner' };
    await publishRemade(server, remake, made, work);
    await publishRemade(server, remake, made, work);
    expect(await found('oid', database)).toBe(order.scratchOid);
    expect(await found('comment', database)).toBe(
      remadeText({ refresh: 'dev', backup: 'shop/x', at: mark.until }),
    );

    const again = `holdfast_1000000${count}_live`;
    const next: RemakeOrder = {
      ...remake,
      scratch: again,
      scratchOid: await make(again, markText(mark)),
      formerOid: order.scratchOid,
    };
    await publishRemade(server, next, made, work);
    await publishRemade(server, next, made, work);
    expect(await found('oid', database)).toBe(next.scratchOid);
    const left = await sql(postgres, 'postgres', `select from pg_database where oid = ${order.scratchOid}`);
    expect(left).toEqual([]);
  });
});
