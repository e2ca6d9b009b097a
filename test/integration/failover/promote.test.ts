import { readdir, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { postgresFence } from '../../../activities/steps/postgres-fence.ts';
import { postgresPromote } from '../../../activities/steps/postgres-promote.ts';
import type { StepOf } from '../../../policy/resolved-failover.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../../tools/servers/index.ts';
import { knownFacts, type StepReport } from '../../../workflows/contract-failover-steps.ts';
import { runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { ownScratchBase, sql } from '../../support/postgres-trip.ts';
import { aStep } from '../../support/steps.ts';

describe('promoting a standby', () => {
  let primary: ReplicatedServer;
  let standby: StandbyServer;
  let work: Awaited<ReturnType<typeof startStepWork>>;

  beforeEach(async () => {
    [primary, work] = await Promise.all([startPrimary({ major: 15 }), startStepWork('ams')]);
    await sql(primary, 'postgres', 'create database shop');
    await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
    standby = await startStandby(primary);
  });

  afterEach(async () => {
    await Promise.all([standby?.stop(), primary?.stop(), work?.dispose()]);
  });

  const step = (changes: Partial<StepOf<'postgres.promote'>> = {}): StepOf<'postgres.promote'> => ({
    ...aStep('promote', { zone: 'ams' }),
    do: 'postgres.promote',
    target: targetOn(standby, 'shop-standby', 'ams'),
    primary: targetOn(primary, 'shop-primary', 'fra'),
    ...changes,
  });
  const fact = ({ results }: Pick<StepReport, 'results'>, name: string) =>
    results.find((each) => each.name === name);
  const orders = async () => sql(standby, 'shop', 'select count(*)::int as n from orders');
  const caughtUp = () =>
    eventually(async () => {
      const look = await postgresPromote.look(step(), runOf(), work);
      expect(fact({ results: look.facts }, knownFacts.lagBytes)?.number).toBe(0);
    }, 20);
  const outcomes = async (run = runOf()) =>
    (await postgresPromote.look(step(), run, work)).findings.map(({ outcome }) => outcome);

  it('waits for fencing, then loses nothing that was fenced in order, and is done once', async () => {
    await caughtUp();
    expect(await outcomes()).toEqual(['ok', 'ok']);
    await expect(postgresPromote.carryOut(step(), runOf(), work)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('shop-primary is not fenced'),
    });
    await sql(primary, 'shop', 'insert into orders values (1001)');
    const beside = await startStepWork('fra');
    const target = targetOn(primary, 'shop-primary', 'fra');
    const fenced = await postgresFence.carryOut(
      { ...aStep('fence'), do: 'postgres.fence', target },
      runOf(),
      beside,
    );
    await beside.dispose();
    const run = runOf({ results: { fence: fenced.results } });
    const report = await postgresPromote.carryOut(step(), run, work);
    expect(report.exceptions).toEqual([]);
    expect(fact(report, 'timeline')?.number).toBe(2);
    expect(fact(report, knownFacts.lagBytes)?.number).toBe(0);
    expect(fact(report, 'predicted loss')?.value).toBe('nothing');
    expect(await orders()).toEqual([{ n: 1001 }]);
    await sql(standby, 'shop', 'insert into orders values (1002)');

    const again = await postgresPromote.carryOut(step(), run, work);
    expect(fact(again, 'timeline')?.number).toBe(2);
    expect(again.sentence).toContain('had been promoted before');
    expect((await postgresPromote.check(step(), run, work)).sentence).toContain('takes writes');
    expect(await postgresPromote.undo(step(), run, work)).toMatchObject({ outcome: 'not-undoable' });

    await primary.restart();
    expect(await outcomes(run)).toEqual(['ok', 'fault']);
    await expect(postgresPromote.check(step(), run, work)).rejects.toMatchObject({ code: 'refused' });
    await expect(postgresPromote.carryOut(step(), run, work)).rejects.toMatchObject({ code: 'refused' });
  });

  it('replays first what has arrived, and says what never did', async () => {
    await caughtUp();
    await standby.pauseReplay();
    await sql(primary, 'shop', 'insert into orders select generate_series(1001, 50000)');
    await eventually(async () => {
      const look = await postgresPromote.look(step(), runOf(), work);
      expect(fact({ results: look.facts }, 'received and not replayed')?.number).toBeGreaterThan(100_000);
    }, 20);
    await primary.kill();
    await expect(postgresPromote.carryOut(step(), runOf(), work)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('paused the replay'),
    });
    expect(await outcomes()).toEqual(['fault', 'ok']);
    await standby.resumeReplay();
    const report = await postgresPromote.carryOut(step(), runOf(), work);
    expect(await orders()).toEqual([{ n: 50_000 }]);
    expect(report.exceptions).toEqual([expect.stringContaining('Nobody can say')]);
    expect(fact(report, knownFacts.lagSeconds)?.value).toMatch(/^at most /);
    expect(Date.parse(fact(report, knownFacts.newestData)?.value ?? '')).toBeGreaterThan(0);
  });

  it('measures the lag of a standby that receives nothing', async () => {
    await caughtUp();
    await sql(standby, 'postgres', `alter system set primary_conninfo = ''`);
    await sql(standby, 'postgres', 'select pg_reload_conf()');
    await eventually(
      async () => expect(await sql(primary, 'postgres', 'select from pg_stat_replication')).toHaveLength(0),
      20,
    );
    await sql(primary, 'shop', 'insert into orders select generate_series(1001, 50000)');
    const { facts } = await postgresPromote.look(step(), runOf(), work);
    const bytes = fact({ results: facts }, knownFacts.lagBytes)?.number ?? 0;
    expect(bytes).toBeGreaterThan(100_000);
    expect(fact({ results: facts }, 'predicted loss')?.value).toMatch(/^what was committed after 20/);
    const beside = await startStepWork('fra');
    const target = targetOn(primary, 'shop-primary', 'fra');
    const fence = { ...aStep('fence'), do: 'postgres.fence' as const, target };
    const fenced = await postgresFence.carryOut(fence, runOf(), beside);
    await beside.dispose();
    const run = runOf({ results: { fence: fenced.results } });
    const report = await postgresPromote.carryOut(step(), run, work);
    expect(fact(report, knownFacts.lagBytes)?.number).toBe(bytes);
    expect(report.sentence).toContain('never arrived');
  });

  it('refuses a server that never was a standby, and one of another cluster', async () => {
    // Servers of one version are copies of one cluster here.
    const other = await startPrimary({ major: 16 });
    try {
      const target = { ...targetOn(other, 'other', 'ams'), database: 'postgres' };
      await primary.kill();
      await expect(postgresPromote.carryOut(step({ target }), runOf(), work)).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('other is no standby'),
      });
      const look = await postgresPromote.look(
        step({ primary: { ...target, name: 'other-primary' } }),
        runOf(),
        work,
      );
      expect(look.findings.map(({ sentence }) => sentence).join()).toContain('of another cluster');
    } finally {
      await other.stop();
    }
  });

  it('names the sessions that keep a standby from replaying', async () => {
    await caughtUp();
    await sql(standby, 'postgres', `alter system set max_standby_streaming_delay = -1`);
    await sql(standby, 'postgres', 'select pg_reload_conf()');
    const reader = new Client({ connectionString: standby.url('shop'), application_name: 'a report' });
    reader.on('error', () => undefined);
    await reader.connect();
    try {
      await reader.query('begin isolation level repeatable read; select count(*) from orders');
      await sql(primary, 'shop', 'delete from orders');
      await sql(primary, 'shop', 'vacuum orders');
      await eventually(async () => {
        const look = await postgresPromote.look(step(), runOf(), work);
        expect(fact({ results: look.facts }, 'received and not replayed')?.number).toBeGreaterThan(0);
      }, 20);
      await primary.kill();
      await expect(postgresPromote.carryOut(step(), runOf(), work)).rejects.toMatchObject({
        code: 'stalled',
        message: expect.stringContaining('(postgres a report)'),
      });
    } finally {
      await reader.end();
    }
    expect(await postgresPromote.carryOut(step(), runOf(), work)).toMatchObject({
      sentence: expect.stringContaining('from timeline 1 to 2'),
    });
  });

  it('drills on a scratch copy that is destroyed, and leaves both servers as they were', async () => {
    const base = await ownScratchBase();
    try {
      await caughtUp();
      const run = runOf({ mode: 'drill' });
      expect(await postgresPromote.look(step(), run, work)).toMatchObject({
        findings: [{ outcome: 'ok' }, { outcome: 'ok' }, { outcome: 'ok' }],
      });
      const report = await postgresPromote.carryOut(step(), run, work);
      expect(report.sentence).toContain('A scratch copy of shop-standby was promoted');
      expect(report.exceptions).toEqual([]);
      expect(fact(report, 'timeline')?.number).toBe(2);
      expect(await readdir(base)).toEqual([]);
      expect(await sql(standby, 'shop', 'select pg_is_in_recovery() as r')).toEqual([{ r: true }]);
      await sql(primary, 'shop', 'insert into orders values (1001)');
      await eventually(async () => expect(await orders()).toEqual([{ n: 1001 }]), 20);

      const stopped = new AbortController();
      const cut = await startStepWork('ams', stopped.signal);
      const cancelled = postgresPromote.carryOut(step(), run, cut);
      await eventually(async () => expect(await readdir(base)).toHaveLength(1), 20);
      stopped.abort();
      await expect(cancelled).rejects.toBeDefined();
      expect(await readdir(base)).toEqual([]);
      await cut.dispose();
    } finally {
      delete process.env.HOLDFAST_SCRATCH_DIR;
      await rm(base, { recursive: true, force: true });
    }
  });
});
