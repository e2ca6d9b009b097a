import { createServer as createWeb } from 'node:http';
import { createServer, type Server, type Socket, connect as socketTo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { postgresFence } from '../../../activities/steps/postgres-fence.ts';
import { sqlCheck } from '../../../activities/steps/sql-check.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import { eventually, freePort, type ReplicatedServer, startPrimary } from '../../../tools/servers/index.ts';
import { knownFacts, type StepRun } from '../../../workflows/contract-failover-steps.ts';
import { commandOf, runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { sql } from '../../support/postgres-trip.ts';
import { aStep } from '../../support/steps.ts';

describe('fencing a primary', () => {
  let primary: ReplicatedServer;
  let beside: Awaited<ReturnType<typeof startStepWork>>;
  let elsewhere: Awaited<ReturnType<typeof startStepWork>>;
  let target: PostgresTarget;

  beforeEach(async () => {
    [primary, beside, elsewhere] = await Promise.all([
      startPrimary({ major: 15 }),
      startStepWork('fra'),
      startStepWork('ams'),
    ]);
    await sql(primary, 'postgres', 'create database shop');
    target = targetOn(primary, 'shop-primary', 'fra');
  });

  afterEach(async () => {
    await Promise.all([primary?.stop(), beside?.dispose(), elsewhere?.dispose()]);
  });

  const step = (changes: Partial<PostgresTarget> = {}, drill?: PostgresTarget) => ({
    ...aStep('fence'),
    do: 'postgres.fence' as const,
    target: { ...target, ...changes },
    ...(drill === undefined ? {} : { drill }),
  });
  const fence = (changes: Partial<PostgresTarget>, run: StepRun, work = beside) =>
    postgresFence.carryOut(step(changes), run, work);
  const alive = () => sql(primary, 'postgres', 'select 1');

  it('stops it, is repeated without harm, and can be taken back until something was promoted', async () => {
    const report = await fence({}, runOf());
    expect(report).toMatchObject({ exceptions: [], sentence: expect.stringContaining('was stopped') });
    expect(report.results).toEqual([
      { name: 'fenced', value: 'shop-primary' },
      { name: 'log position of shop-primary', value: expect.stringMatching(/^0\/\w+ at 20/) },
    ]);
    await expect(alive()).rejects.toThrow(/ECONNREFUSED/);
    const again = await fence({}, runOf());
    expect(again.exceptions).toEqual([expect.stringContaining('Stopping shop-primary failed')]);
    expect((await postgresFence.check(step(), runOf(), elsewhere)).sentence).toContain('no server listens');
    const promoted = runOf({ results: { promote: [{ name: 'promoted', value: 'shop-standby' }] } });
    const byWord = runOf({ results: { promote: [{ name: knownFacts.left, value: 'postgres.promote' }] } });
    for (const run of [promoted, byWord])
      expect(await postgresFence.undo(step(), run, beside)).toMatchObject({ outcome: 'not-undoable' });
    await expect(alive()).rejects.toThrow(/ECONNREFUSED/);
    expect(await postgresFence.undo(step(), runOf(), beside)).toMatchObject({ outcome: 'undone' });
    await alive();
    await expect(postgresFence.check(step(), runOf(), beside)).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('does not believe a command: what still takes writes is not fenced', async () => {
    const stop = commandOf('true');
    const slow = fence({ stop }, runOf());
    await expect(slow).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('takes writes'),
    });
    await sql(primary, 'postgres', 'alter system set default_transaction_read_only = on');
    await sql(primary, 'postgres', 'select pg_reload_conf()');
    const check = postgresFence.check(step(), runOf(), beside);
    await expect(check).rejects.toMatchObject({ code: 'mismatch' });
  });

  it('counts a server that lets nobody in as one that may take writes', async () => {
    const stranger = { ...target, user: 'nobody' };
    await expect(postgresFence.check({ ...step(), target: stranger }, runOf(), beside)).rejects.toMatchObject(
      {
        code: 'mismatch',
        message: expect.stringContaining('does not show what it is'),
      },
    );
  });

  it('asks for the word of a person where it is unreachable and nothing is declared', async () => {
    await primary.kill();
    const lost = runOf({ lost: ['fra'] });
    await expect(fence({}, lost, elsewhere)).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringContaining("the commander's word"),
    });
    const { findings } = await postgresFence.look(step(), lost, elsewhere);
    expect(findings.map(({ outcome }) => outcome)).toEqual(['warning', 'ok']);
  });

  it('cuts it off from another zone, and gives it back', async () => {
    const gate = await startGate(primary.port);
    try {
      const door = { host: '127.0.0.1', port: gate.port, stop: commandOf('false') };
      const url = `http://127.0.0.1:${gate.control}`;
      const cutOff = {
        zone: 'ams',
        command: commandOf('curl', '-fsS', '-X', 'POST', `${url}/shut`),
        undo: commandOf('curl', '-fsS', '-X', 'POST', `${url}/open`),
      };
      const run = runOf({ lost: ['fra'] });
      const report = await fence({ ...door, cutOff }, run, elsewhere);
      expect(report).toMatchObject({ exceptions: [], sentence: expect.stringContaining('was cut off') });
      await alive();
      const gated = step({ ...door, cutOff });
      await postgresFence.check(gated, run, elsewhere);
      expect(await postgresFence.undo(gated, run, elsewhere)).toMatchObject({ outcome: 'undone' });
      await eventually(async () => {
        await expect(postgresFence.check(gated, run, elsewhere)).rejects.toMatchObject({ code: 'mismatch' });
      }, 10);
    } finally {
      await gate.stop();
    }
  });

  it('does nothing in a drill without a target of its own, and fences that of a drill', async () => {
    const drill = runOf({ mode: 'drill' });
    const report = await postgresFence.carryOut(step(), drill, beside);
    expect(report.exceptions).toEqual([expect.stringContaining('no target for drills')]);
    await alive();
    const other = await startPrimary({ major: 15 });
    try {
      const rehearsed = step({}, { ...targetOn(other, 'drill-primary', 'fra'), database: 'postgres' });
      expect((await postgresFence.carryOut(rehearsed, drill, beside)).sentence).toContain('drill-primary');
      await expect(sql(other, 'postgres', 'select 1')).rejects.toThrow();
      await alive();
    } finally {
      await other.stop();
    }
  });

  it('and asking it: queries are asked again until they are true, and can not write', async () => {
    await sql(primary, 'shop', 'create table orders (id int)');
    const check = (queries: string[], within: number) =>
      sqlCheck.carryOut({ ...aStep('sql'), do: 'sql.check', target, queries, within }, runOf(), elsewhere);
    const asking = check(['select true', 'select count(*) = 1 from orders'], 30);
    await sql(primary, 'shop', 'insert into orders values (1)');
    expect((await asking).sentence).toContain('answered true: 2');
    await expect(check(['select count(*) = 2 from orders'], 1)).rejects.toMatchObject({
      code: 'mismatch',
      message: expect.stringContaining('answered false'),
    });
    const drilled = await sqlCheck.carryOut(
      { ...aStep('sql'), do: 'sql.check', target, queries: ['select false'], within: 60 },
      runOf({ mode: 'drill' }),
      elsewhere,
    );
    expect(drilled.exceptions).toEqual([
      expect.stringContaining('as it stands'),
      expect.stringContaining('answered false'),
    ]);
    const writing = check(['with w as (insert into orders values (2) returning id) select true from w'], 1);
    await expect(writing).rejects.toMatchObject({ message: expect.stringContaining('read-only') });
    await primary.kill();
    await expect(check(['select true'], 1)).rejects.toMatchObject({
      message: expect.stringContaining('does not answer'),
    });
  });
});

/** What stands before a server, and can be shut from outside: connections through it end, and no others come. */
async function startGate(behind: number): Promise<{ port: number; control: number; stop(): Promise<void> }> {
  const [port, control] = [await freePort(), await freePort()];
  const open = new Set<Socket>();
  let gate: Server | null = null;
  const shut = async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => (gate === null ? resolve() : gate.close(() => resolve())));
    gate = null;
  };
  const unlock = () =>
    new Promise<void>((resolve) => {
      gate = createServer((socket) => {
        const on = socketTo(behind, '127.0.0.1');
        for (const each of [socket, on]) {
          open.add(each);
          each.on('error', () => undefined);
          each.on('close', () => open.delete(each));
        }
        socket.pipe(on).pipe(socket);
      }).listen(port, '127.0.0.1', () => resolve());
    });
  await unlock();
  const desk = createWeb((request, response) => {
    const deed = request.url === '/shut' ? shut : unlock;
    void deed().then(() => response.end());
  });
  await new Promise<void>((resolve) => desk.listen(control, '127.0.0.1', () => resolve()));
  return {
    port,
    control,
    stop: async () => {
      await shut();
      await new Promise<void>((resolve) => desk.close(() => resolve()));
    },
  };
}
