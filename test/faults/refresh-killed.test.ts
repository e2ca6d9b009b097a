import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from '../../tools/servers/index.ts';
import { type Development, openDevelopment } from '../support/development.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { sql } from '../support/postgres-trip.ts';
import { type Program, startProgram } from '../support/program.ts';

/** Waits while there is a role of this name: any session sees at once that it is gone. */
const held = `do $$ begin
  while exists (select from pg_roles where rolname = 'hold') loop perform pg_sleep(0.1); end loop;
end $$`;

describe('a refresh whose worker is killed', () => {
  let place: Development;
  let places: Places;
  let worker: Program | undefined;

  const start = async () => {
    const { address } = place.stage.orchestra.temporal;
    worker = startProgram(['worker', '--zone', 'fra'], { TEMPORAL_ADDRESS: address, ...places.environment });
    await worker.saying('Working');
  };
  const kill = async () => {
    await worker?.kill();
    worker = undefined;
  };

  beforeAll(async () => {
    [place, places] = await Promise.all([openDevelopment(), openPlaces()]);
    await place.stage.execute('refresh', place.input());
    await sql(place.postgres, 'shop_dev', `update customers set email = 'as it was'`);
    await place.rest();
    await start();
  });

  afterAll(async () => {
    await kill();
    await Promise.all([place?.close(), places?.close()]);
  });

  const scratches = async () => (await place.databases()).filter((name) => name.startsWith('holdfast_'));
  const busyWith = (text: string) =>
    eventually(
      async () =>
        expect(
          await sql(
            place.postgres,
            'postgres',
            `select from pg_stat_activity where usename = 'holdfast_scratch' and state = 'active' and query like '${text}%'`,
          ),
        ).toHaveLength(1),
      90,
    );
  const former = async () => {
    expect(new Set(await place.addresses())).toEqual(new Set(['as it was']));
    for (const database of await scratches())
      expect(await place.connects('developers', database)).toBe(false);
  };

  it('while it masks and while it publishes leaves the former database until the new one is masked', async () => {
    await sql(place.postgres, 'postgres', 'create role hold');
    const mask = [held, ...place.input().refresh.mask];
    const handle = await place.stage.start('refresh', place.input({ mask }));
    await busyWith('do ');
    const [first] = await scratches();
    await kill();
    await former();

    // Nobody but a superuser can end this session, so that the former database can't be renamed.
    const guest = new Client({ connectionString: place.postgres.url('shop_dev') });
    guest.on('error', () => undefined);
    await guest.connect();
    await sql(place.postgres, 'postgres', 'drop role hold');
    await start();
    await busyWith('alter database');
    const [second, ...more] = await scratches();
    expect(second).not.toBe(first);
    expect(more).toEqual([]);
    await kill();
    await former();
    await guest.end();
    await start();

    expect(await handle.result()).toMatchObject({ result: 'passed', masked: 2 });
    expect((await place.addresses())[0]).toBe('masked-1@invalid');
    expect(await scratches()).toEqual([]);
  });

  it('and that is ended from outside leaves a scratch database that the next one removes', async () => {
    await sql(place.postgres, 'postgres', 'create role hold');
    const mask = [held, ...place.input().refresh.mask];
    const handle = await place.stage.start('refresh', place.input({ mask }));
    await busyWith('do ');
    await kill();
    await handle.terminate();
    await sql(place.postgres, 'postgres', 'drop role hold');
    const [left] = await scratches();
    expect(left).toBeDefined();
    await start();
    expect(await place.stage.execute('refresh', place.input())).toMatchObject({ result: 'passed' });
    expect(await scratches()).toEqual([]);
  });
});
