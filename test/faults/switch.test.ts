import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { readingsOf } from '../support/files.ts';
import { approvedBy, type Live, openLive, switchReaching } from '../support/live.ts';
import { sql } from '../support/postgres-trip.ts';
import { failureOf } from '../support/stage.ts';

describe('a switch in which', () => {
  let live: Live;

  beforeAll(async () => {
    live = await openLive();
  });

  afterAll(async () => {
    await live?.close();
  });

  const others = async () =>
    (await live.databases()).filter((name) => name.startsWith('shop_') || name.startsWith('holdfast_'));

  /** Runs a switch that one person approves; what it came to, and which commands were run meanwhile. */
  const switched = async (changes: Parameters<Live['input']>[0] = {}) => {
    const before = (await live.steps()).length;
    const handle = await live.start(changes);
    await approvedBy(live, handle);
    const result = await handle.result();
    return { result, steps: (await live.steps()).slice(before).map((step) => step.split(' ')[0]) };
  };

  /** A script that runs statements in the live database as its superuser. */
  const psql = (...statements: string[]) => {
    const { password, bin, host, port, superuser } = live.postgres;
    const commands = statements.map((statement) => `-c "${statement}"`).join(' ');
    return `PGPASSWORD=${password} ${bin}/psql -q -h ${host} -p ${port} -U ${superuser} -d shop ${commands}`;
  };

  const unchanged = async () => {
    expect(await live.orders()).toBe(150);
    expect(await others()).toEqual([]);
  };

  it('the nearest copy is out of reach takes the next one, and says so', async () => {
    const [local] = live.plan.copies;
    if (local?.kind !== 'filesystem') throw new Error('the plan has a copy in a directory');
    const handle = await live.start({ candidates: [{ ...local, name: 'away', path: '/nowhere' }, local] });
    const { facts, notes } = await switchReaching(handle, 'waiting for approvals');
    expect(facts?.repository).toBe('local');
    expect(notes).toContainEqual(expect.stringContaining('The copy in away could not be used'));
    const { begun, open } = await readingsOf(local.path, live.backup.backupId);
    expect([begun > 0, open]).toEqual([true, 0]);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    await unchanged();
  });

  it('the services do not stop starts them again, and leaves the live database', async () => {
    const { result, steps } = await switched({ rule: { quiesce: live.command('half', 'exit 3') } });
    expect(result).toMatchObject({ result: 'failed', keptAs: null, exceptions: [] });
    expect(result.reason?.sentence).toContain(
      'The services could not be stopped: sh ended with exit status 3',
    );
    expect(result.undone).toEqual([
      'shop was not touched.',
      'The services were started again.',
      expect.stringContaining('is gone'),
    ]);
    expect(steps).toEqual(['half', 'started']);
    await unchanged();
  });

  it('the command that stops them hangs ends it, with all that it started', async () => {
    const hanging = { ...live.command('stuck', 'sleep 600 & wait'), timeout: 2 };
    const { result, steps } = await switched({ rule: { quiesce: hanging } });
    expect(result.reason?.sentence).toContain('did not end within 2 seconds');
    expect(steps).toEqual(['stuck', 'started']);
    await unchanged();
  });

  it('a command prints its secret does not repeat it', async () => {
    process.env.HF_SWITCH_TOKEN = 'do-not-repeat-me';
    const quiesce = {
      ...live.command('telling', 'echo "token $TOKEN" >&2; exit 1'),
      secrets: { TOKEN: { env: 'HF_SWITCH_TOKEN' } },
    };
    const { result } = await switched({ rule: { quiesce } });
    expect(result.reason?.sentence).toContain('token [redacted]');
    expect(JSON.stringify(result)).not.toContain('do-not-repeat-me');
  });

  it('a prepared transaction holds the live database is refused before anybody is asked', async () => {
    await sql(live.postgres, 'shop', `begin; delete from orders where id = 1; prepare transaction 'early'`);
    try {
      const failure = await failureOf((await live.start()).result());
      expect(failure).toMatchObject({ code: 'refused', sentence: expect.stringContaining('early') });
    } finally {
      await sql(live.postgres, 'shop', `rollback prepared 'early'`);
    }
    await unchanged();
  });

  it('one comes after the approval stops no service', async () => {
    const before = (await live.steps()).length;
    const handle = await live.start({ rule: { approvals: 2 } });
    await approvedBy(live, handle, 'dba-2');
    await sql(live.postgres, 'shop', `begin; delete from orders where id = 1; prepare transaction 'late'`);
    await approvedBy(live, handle, 'dba-3');
    const result = await handle.result();
    await sql(live.postgres, 'shop', `rollback prepared 'late'`);
    expect(result).toMatchObject({ result: 'failed', keptAs: null, downtime: null });
    expect(result.reason?.sentence).toContain('late');
    expect(await live.steps()).toHaveLength(before);
    await unchanged();
  });

  it('somebody has put another database in place of the live one since stops no service', async () => {
    const before = (await live.steps()).length;
    const handle = await live.start();
    await switchReaching(handle, 'waiting for approvals');
    const rename = (from: string, to: string) =>
      sql(live.postgres, 'postgres', `alter database ${from} rename to ${to}`);
    await rename('shop', 'away');
    await sql(live.postgres, 'postgres', 'create database shop owner shop_owner');
    await approvedBy(live, handle);
    const result = await handle.result();
    await sql(live.postgres, 'postgres', 'drop database shop');
    await rename('away', 'shop');
    expect(result).toMatchObject({ result: 'failed', keptAs: null, downtime: null });
    expect(result.reason?.sentence).toContain('is another one than was shown');
    expect(await live.steps()).toHaveLength(before);
    await unchanged();
  });

  it('one comes while services are being stopped starts them again', async () => {
    const quiesce = live.command(
      'stopped',
      psql('begin', 'delete from orders where id = 1', `prepare transaction 'stuck'`),
    );
    const { result, steps } = await switched({ rule: { quiesce } });
    await sql(live.postgres, 'shop', `rollback prepared 'stuck'`);
    expect(result).toMatchObject({ result: 'failed', keptAs: null, exceptions: [] });
    expect(result.reason?.sentence).toContain('prepared transactions');
    expect(result.downtime).toBeGreaterThan(0);
    expect(steps).toEqual(['stopped', 'started']);
    await unchanged();
  });

  it('what is live afterwards can not be looked at gives both databases their names back', async () => {
    const { directory, host, port } = live.postgres;
    const change = (edit: string) =>
      `sed -i '${edit}' ${directory}/pg_hba.conf; ${psql('select pg_reload_conf()')}`;
    const login = `PGPASSWORD=switch ${live.postgres.bin}/psql -h ${host} -p ${port} -U holdfast_switch -d shop -c ''`;
    const reject = change('1i host shop holdfast_switch all reject');
    const quiesce = live.command('stopped', `${reject}; while ${login}; do sleep 0.1; done`);
    const resume = live.command('started', change('1d'));
    const { result, steps } = await switched({ rule: { quiesce, resume } });
    expect(result).toMatchObject({ result: 'failed', keptAs: null, back: [], exceptions: [] });
    expect(result.reason?.sentence).toContain('pg_hba.conf rejects');
    expect(result.undone[0]).toBe('shop has its name back.');
    expect(steps).toEqual(['stopped', 'started']);
    await unchanged();
  });

  it('somebody stays connected whom our role may not disconnect says who, and starts the services again', async () => {
    const guest = new Client({
      connectionString: live.postgres.url('shop'),
      application_name: 'a-long-report',
    });
    guest.on('error', () => undefined);
    await guest.connect();
    try {
      const { result, steps } = await switched();
      expect(result).toMatchObject({ result: 'failed', keptAs: null, exceptions: [] });
      expect(result.reason?.sentence).toContain('a-long-report');
      expect(steps).toEqual(['stopped', 'started']);
    } finally {
      await guest.end();
    }
    await unchanged();
  });

  it('too few approve in time ends, with its scratch database', async () => {
    const handle = await live.start({ rule: { expires: 2 } });
    const { facts } = await switchReaching(handle, 'waiting for approvals');
    expect(await live.databases()).toContain(facts?.order.scratch);
    expect(await handle.result()).toMatchObject({ result: 'aborted', keptAs: null });
    await unchanged();
  });

  it('the services do not start says so loudly, and keeps the restored database', async () => {
    const { result, steps } = await switched({ rule: { resume: live.command('broken', 'exit 1') } });
    expect(result).toMatchObject({ result: 'failed', undone: [] });
    expect(result.reason?.sentence).toContain('The services could not be started: ');
    expect(result.exceptions[0]).toContain('The services are down');
    expect(steps).toEqual(['stopped', 'broken', 'broken', 'broken']);
    expect(await live.orders()).toBe(100);
    expect(await live.orders(result.keptAs ?? '')).toBe(150);
    await sql(live.postgres, 'postgres', result.back.join('\n'));
    expect(await live.orders()).toBe(150);
  });
});
