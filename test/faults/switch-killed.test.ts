import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { eventually } from '../../tools/servers/index.ts';
import { approvedBy, type Live, openLive, type Switch, switchReaching } from '../support/live.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { sql } from '../support/postgres-trip.ts';
import { type Program, startProgram } from '../support/program.ts';

describe('a switch whose worker is killed', () => {
  let live: Live;
  let places: Places;
  let worker: Program | undefined;
  let hold: string;
  let backupId: string;

  const start = async () => {
    const { address } = live.stage.orchestra.temporal;
    worker = startProgram(['worker', '--zone', 'fra'], { TEMPORAL_ADDRESS: address, ...places.environment });
    await worker.saying('Working');
  };
  const kill = async () => {
    await worker?.kill();
    worker = undefined;
  };

  beforeAll(async () => {
    [live, places] = await Promise.all([openLive(), openPlaces()]);
    hold = join(live.stage.lab.directory, 'hold');
    // An index that takes its time to be built again.
    await sql(
      live.postgres,
      'shop',
      `set role shop_owner;
       create function slow(int) returns int immutable language plpgsql as $$ begin perform pg_sleep(0.05); return $1; end $$;
       create index on orders (slow(id)) where id <= 100`,
    );
    ({ backupId } = await live.stage.execute('backup', { plan: live.plan }));
    await sql(live.postgres, 'shop', 'insert into orders select generate_series(151, 200)');
    await live.rest();
    await start();
  });

  afterAll(async () => {
    await kill();
    await Promise.all([live?.close(), places?.close()]);
  });

  /** A command that waits while a file is there. */
  const held = (line: string) => live.command(line, `while test -e ${hold}; do sleep 0.1; done`);
  const saying = (line: string) =>
    eventually(async () => expect((await live.steps()).join(' ')).toContain(line), 60);
  const killHeld = async (line: string) => {
    await saying(line);
    await kill();
    await rm(hold);
    await start();
  };
  const scratches = async () => (await live.databases()).filter((name) => name.startsWith('holdfast_'));

  it('in each phase ends with the restored database live and the services up', async () => {
    const handle: Switch = await live.start({
      backup: { source: 'shop', backupId },
      rule: { quiesce: held('stopping'), resume: held('starting') },
    });
    await eventually(async () => expect(await scratches()).toHaveLength(1), 60);
    const [before] = await scratches();
    await kill();
    expect(await live.orders()).toBe(200);
    await start();

    await writeFile(hold, '');
    const { facts } = await approvedBy(live, handle);
    expect(facts?.order.scratch).not.toBe(before);
    expect(await scratches()).toEqual([facts?.order.scratch]);

    // Nobody but a superuser can end this session, so that the databases can't be renamed.
    const guest = new Client({ connectionString: live.postgres.url('shop') });
    guest.on('error', () => undefined);
    await guest.connect();
    await killHeld('stopping quiesce');
    await switchReaching(handle, 'switching');
    await eventually(async () => {
      const waiting = await sql(
        live.postgres,
        'postgres',
        `select from pg_stat_activity where usename = 'holdfast_switch' and query like 'alter database%'`,
      );
      expect(waiting).toHaveLength(1);
    }, 60);
    await kill();
    expect(await live.orders()).toBe(200);
    await writeFile(hold, '');
    await guest.end();
    await start();

    await killHeld('starting resume');
    const result = await handle.result();
    expect(result).toMatchObject({ undone: [], reason: null });
    expect(result.keptAs).not.toBeNull();
    expect(await live.orders()).toBe(150);
    expect(await live.orders(result.keptAs ?? '')).toBe(200);
    expect(await scratches()).toEqual([]);
    expect((await live.steps()).at(-1)).toContain('starting');
    await sql(live.postgres, 'postgres', result.back.join('\n'));
    // A lost worker is noticed after half a minute, and four are.
  });

  it('while it undoes ends with the old database live and the services up', async () => {
    await writeFile(hold, '');
    const handle = await live.start({
      rule: { quiesce: live.command('failing', 'exit 1'), resume: held('restarting') },
    });
    await approvedBy(live, handle);
    await killHeld('restarting resume');
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'failed', keptAs: null, exceptions: [] });
    expect(result.undone).toContain('The services were started again.');
    expect(await live.orders()).toBe(200);
    expect(await scratches()).toEqual([]);
    expect((await live.steps()).at(-1)).toContain('restarting');
  });
});
