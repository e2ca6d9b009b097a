import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approvedBy, type Live, openLive, switchReaching } from '../support/live.ts';
import { sql } from '../support/postgres-trip.ts';

const carried = `
  select pg_get_userbyid(datdba) as owner, datacl::text as rights, datconnlimit as limit,
    shobj_description(oid, 'pg_database') as comment,
    (select json_agg(json_build_array(setrole::regrole::text, setconfig) order by setrole) from pg_db_role_setting
     where setdatabase = oid) as settings
  from pg_database where datname = `;

describe.each([15, 16, 18] as const)('a restored database on PostgreSQL %i', (major) => {
  let live: Live;

  beforeAll(async () => {
    live = await openLive({ major });
  });

  afterAll(async () => {
    await live?.close();
  });

  it('takes the place of the live one with all that goes with its name, and the old one is kept', async () => {
    const before = await sql(live.postgres, 'postgres', `${carried} 'shop'`);
    const handle = await live.start();
    const { facts } = await approvedBy(live, handle);
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed', reason: null, undone: [], exceptions: [] });
    expect(result.keptAs).toMatch(/^shop_before_\d{8}_\d{6}$/);
    expect(facts).toMatchObject({ rows: 100, order: { live: 'shop', keptAs: result.keptAs } });
    expect(await live.orders()).toBe(100);
    expect(await live.orders(result.keptAs ?? '')).toBe(150);
    expect(await sql(live.postgres, 'postgres', `${carried} 'shop'`)).toEqual(before);
    expect(await live.steps()).toEqual(['stopped quiesce shop', 'started resume shop']);
    expect((await live.databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
    for (const statement of result.back)
      await sql(live.postgres, 'postgres', statement).catch(() => undefined);
  });

  it('is not read by others before', async () => {
    const handle = await live.start();
    const { facts } = await switchReaching(handle, 'waiting for approvals');
    const scratch = facts?.order.scratch ?? '';
    const url = live.postgres.url(scratch).replace(/postgres:[^@]*@/, 'stranger:stranger@');
    await expect(connecting(url)).rejects.toThrow(/permission denied/);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(await live.databases()).not.toContain(scratch);
  });
});

async function connecting(url: string): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.end();
}
