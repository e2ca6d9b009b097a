import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { approvedBy, type Live, openLive, switchReaching } from '../support/live.ts';
import { sql } from '../support/postgres-trip.ts';
import { openStage, type Stage } from '../support/stage.ts';

const carried = `
  select pg_get_userbyid(datdba) as owner, datacl::text as rights, datconnlimit as limit,
    shobj_description(oid, 'pg_database') as comment,
    (select json_agg(json_build_array(setrole::regrole::text, setconfig) order by setrole) from pg_db_role_setting
     where setdatabase = oid) as settings
  from pg_database where datname = `;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(async () => {
  await stage?.close();
});

describe.each([15, 16, 18] as const)('a restored database on PostgreSQL %i', (major) => {
  let live: Live;

  beforeAll(async () => {
    live = await openLive({ major, stage });
  });

  afterAll(async () => {
    await live?.close();
  });

  it('takes the place of the live one with all that goes with its name, and the old one is kept', async () => {
    const before = await sql(live.postgres, 'postgres', `${carried} 'shop'`);
    const handle = await live.start();
    const { facts } = await approvedBy(live, handle);
    const result = await handle.result();
    const left = `alter role "app" in database "shop" set "application_name" to 'shop, the app'`;
    expect(result).toMatchObject({ result: 'passed-with-exceptions', reason: null, undone: [] });
    expect(result.exceptions).toEqual([expect.stringContaining(left)]);
    expect(facts?.notes).toEqual(expect.arrayContaining(result.exceptions));
    expect(result.evidence).toMatchObject({
      path: expect.stringMatching(/^switch\/.*-shop$/),
      stored: ['local'],
    });
    await sql(live.postgres, 'postgres', left);
    expect(result.keptAs).toMatch(/^shop_before_\d{8}_\d{6}$/);
    expect(facts).toMatchObject({ rows: 100, order: { live: 'shop', keptAs: result.keptAs } });
    expect(await live.orders()).toBe(100);
    expect(await live.orders(result.keptAs ?? '')).toBe(150);
    expect(await sql(live.postgres, 'postgres', `${carried} 'shop'`)).toEqual(before);
    expect(await live.steps()).toEqual(['stopped quiesce shop', 'started resume shop']);
    expect((await live.databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
    await sql(live.postgres, 'postgres', result.back.join('\n'));
    expect(await live.orders()).toBe(150);
  });

  it('is not read by others before', async () => {
    const handle = await live.start();
    const { facts } = await switchReaching(handle, 'waiting for approvals');
    const scratch = facts?.order.scratch ?? '';
    await expect(connecting(live.postgres.url(scratch))).rejects.toThrow(/permission denied/);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(await live.databases()).not.toContain(scratch);
  });
});

/** Connects as somebody who may do nothing. */
async function connecting(url: string): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const client = new Client({
    host: hostname,
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    user: 'stranger',
    password: 'stranger',
  });
  await client.connect();
  await client.end();
}
