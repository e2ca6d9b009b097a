import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresFence } from '../../../activities/steps/postgres-fence.ts';
import { postgresPromote } from '../../../activities/steps/postgres-promote.ts';
import { postgresStandby } from '../../../activities/steps/postgres-standby.ts';
import type { PostgresTarget, StepOf } from '../../../policy/resolved-failover.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../../tools/servers/index.ts';
import { runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { sql, sqlFile } from '../../support/postgres-trip.ts';
import { aStep } from '../../support/steps.ts';

const roleSql = new URL('../../../docs/sql/failover-role.sql', import.meta.url).pathname;

describe('the documented roles of a failover', () => {
  let primary: ReplicatedServer;
  let standby: StandbyServer;
  let work: Awaited<ReturnType<typeof startStepWork>>;

  beforeAll(async () => {
    [primary, work] = await Promise.all([startPrimary({ major: 15 }), startStepWork('fra')]);
    await sql(primary, 'postgres', 'create database shop');
    await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
    for (const _ of ['once', 'again'])
      await sqlFile(primary, 'shop', roleSql, { role: 'fail "over"', replication: 'copier' });
    await sql(
      primary,
      'shop',
      `alter role "fail ""over""" password 'p:a\\s s'; alter role copier password 'c'`,
    );
    process.env.HF_FAILOVER_PASSWORD = 'p:a\\s s';
    process.env.HF_COPIER_PASSWORD = 'c';
    standby = await startStandby(primary);
  });

  afterAll(async () => {
    await Promise.all([standby?.stop(), primary?.stop(), work?.dispose()]);
  });

  const least = (server: ReplicatedServer, name: string): PostgresTarget =>
    targetOn(server, name, 'fra', {
      user: 'fail "over"',
      password: { env: 'HF_FAILOVER_PASSWORD' },
      replication: { user: 'copier', password: { env: 'HF_COPIER_PASSWORD' } },
    });

  it('are wanted: without them a look says what is missing, and nothing is done', async () => {
    await sql(primary, 'shop', `create role poor login password 'p'`);
    await eventually(
      async () =>
        expect(await sql(standby, 'shop', `select from pg_roles where rolname = 'poor'`)).toHaveLength(1),
      20,
    );
    process.env.HF_POOR_PASSWORD = 'p';
    const target = { ...least(standby, 'young'), user: 'poor', password: { env: 'HF_POOR_PASSWORD' } };
    const promotion = { ...aStep('promote'), do: 'postgres.promote' as const, target };
    const { findings } = await postgresPromote.look(promotion, runOf(), work);
    expect(findings[0]).toMatchObject({
      outcome: 'fault',
      sentence: expect.stringContaining('docs/sql/failover-role.sql'),
    });
    await expect(postgresPromote.carryOut(promotion, runOf(), work)).rejects.toMatchObject({
      code: 'access-denied',
    });
    await sql(primary, 'shop', 'grant pg_monitor to poor');
    await eventually(
      async () =>
        expect(
          await sql(standby, 'shop', `select pg_has_role('poor', 'pg_monitor', 'member') as has`),
        ).toEqual([{ has: true }]),
      20,
    );
    await expect(postgresPromote.carryOut(promotion, runOf(), work)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('pg_promote'),
    });
    expect(await sql(standby, 'shop', 'select pg_is_in_recovery() as r')).toEqual([{ r: true }]);
  });

  it('are enough to look, drill, fence, promote and rewind', async () => {
    const [old, young] = [least(primary, 'old'), least(standby, 'young')];
    const promotion: StepOf<'postgres.promote'> = {
      ...aStep('promote'),
      do: 'postgres.promote',
      target: young,
      primary: old,
    };
    await eventually(async () => {
      const { facts } = await postgresPromote.look(promotion, runOf(), work);
      expect(facts.find(({ name }) => name === 'predicted loss')?.value).toBe('nothing');
    }, 20);
    const drilled = await postgresPromote.carryOut(promotion, runOf({ mode: 'drill' }), work);
    expect(drilled.sentence).toContain('A scratch copy of young was promoted');
    const fenced = await postgresFence.carryOut(
      { ...aStep('fence'), do: 'postgres.fence', target: old },
      runOf(),
      work,
    );
    const run = runOf({ results: { fence: fenced.results } });
    const promoted = await postgresPromote.carryOut(promotion, run, work);
    expect(promoted).toMatchObject({ exceptions: [] });
    const rejoined = await postgresStandby.carryOut(
      { ...aStep('rebuild'), do: 'postgres.standby', target: old, primary: young },
      runOf(),
      work,
    );
    expect(rejoined.sentence).toMatch(/^old follows young, after it was rewound/);
    expect(await sql(primary, 'shop', 'select count(*)::int as n from orders')).toEqual([{ n: 1000 }]);
  });
});
