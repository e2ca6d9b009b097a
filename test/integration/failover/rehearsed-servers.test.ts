import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresPromote } from '../../../activities/steps/postgres-promote.ts';
import type { PostgresTarget, ResolvedStep, StepOf } from '../../../policy/resolved-failover.ts';
import {
  eventually,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
} from '../../../tools/servers/index.ts';
import { runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { type Failovers, openFailovers, progressOfRun } from '../../support/failovers.ts';
import { sql } from '../../support/postgres-trip.ts';
import { step } from '../../support/runbooks.ts';
import { anotherSecond } from '../../support/seconds.ts';
import { aStep } from '../../support/steps.ts';

let scene: Failovers;
let primary: ReplicatedServer;
let standby: StandbyServer;
let pair: { drill: PostgresTarget; drillPrimary: PostgresTarget };

beforeAll(async () => {
  [scene, primary] = await Promise.all([openFailovers(), startPrimary({ major: 15 })]);
  await sql(primary, 'postgres', 'create database shop');
  await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
  standby = await startStandby(primary);
  pair = {
    drill: targetOn(standby, 'drill-standby', 'ams'),
    drillPrimary: targetOn(primary, 'drill-primary', 'ams'),
  };
});

afterAll(async () => {
  await scene?.close();
  await Promise.all([standby?.stop(), primary?.stop()]);
});

/** Production: nothing is there, and nothing of it may be asked to do anything. */
const live = (name: string) => ({ ...pair.drill, name, host: '127.0.0.1', port: 1, stop: undefined });
const promotion = (of: Partial<typeof pair> = pair): StepOf<'postgres.promote'> => {
  const { stop: _stop, ...target } = live('live-standby');
  const common = aStep('promote', { zone: 'ams', role: 'ops', needs: ['fence'], timeout: 120 });
  return { ...common, do: 'postgres.promote', target, ...of };
};
const steps = (promote: ResolvedStep): ResolvedStep[] => {
  const { stop: _stop, ...target } = live('live-primary');
  const rows = ['select count(*) >= 1000 from orders', 'select not pg_is_in_recovery()'];
  const check = { do: 'sql.check', target, queries: rows, within: 60, drill: pair.drill } as const;
  return [
    step('fence', { do: 'postgres.fence', target, drill: pair.drillPrimary }, { timeout: 120 }),
    promote,
    step('check', check, { needs: ['promote'] }),
  ];
};
const drill = async (promote: ResolvedStep) => {
  await anotherSecond();
  const owned = { owner: 'commander-2', expect: [], inject: [] };
  const run = await scene.start(steps(promote), { mode: 'drill', drill: owned, book: { name: 'rehearsed' } });
  return { run, result: await run.result() };
};
const recovers = async (server: ReplicatedServer) =>
  sql(server, 'postgres', 'select pg_is_in_recovery() as recovers');
const beside = async () => (await readdir(dirname(standby.directory))).sort();

describe('a drill that fences and promotes servers of its own', () => {
  it.each([1, 2])('gives them back as they were, ready for the next one: time %i', async (time) => {
    const { run, result } = await drill(promotion());
    const { steps: shown } = await progressOfRun(run);
    expect(shown.map(({ state }) => state)).toEqual(['passed', 'passed', 'passed']);
    expect(shown[1]?.sentences.join(' ')).toMatch(/promoted in .*, from timeline 1 to 2/);
    expect(result).toMatchObject({ result: 'passed', left: [] });
    expect(result.undone.map((sentence) => sentence.replace(/, after.*/, ''))).toEqual([
      'promote: drill-standby was stopped, to follow drill-primary again.',
      'fence: drill-primary was brought back.',
      'promote: drill-standby follows drill-primary',
    ]);
    expect(await recovers(primary)).toEqual([{ recovers: false }]);
    expect(await recovers(standby)).toEqual([{ recovers: true }]);
    await sql(primary, 'shop', `insert into orders values (${1000 + time})`);
    await eventually(async () => {
      const [row] = await sql(standby, 'shop', 'select max(id) as id from orders');
      expect(row).toEqual({ id: 1000 + time });
    }, 20);
    expect((await beside()).filter((name) => name.startsWith('data'))).toEqual(['data', 'data.pgpass']);
  });

  it('where nothing says what the one follows, says that it stays promoted, and the next look finds it', async () => {
    const { drillPrimary: _unknown, ...alone } = pair;
    const work = await startStepWork('ams');
    const look = async () =>
      (await postgresPromote.look(promotion(alone), runOf({ mode: 'drill' }), work)).findings
        .filter(({ outcome }) => outcome !== 'ok')
        .map(({ outcome, sentence }) => `${outcome}: ${sentence}`);
    expect(await look()).toEqual([
      expect.stringContaining('warning: After a drill drill-standby stays promoted'),
    ]);
    const { result } = await drill(promotion(alone));
    const stays = expect.stringContaining(
      'promote: drill-standby stays promoted: the step does not say what it follows',
    );
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      left: [
        stays,
        expect.stringContaining('fence: drill-primary stays fenced: another server was promoted'),
      ],
      exceptions: [expect.stringContaining('Nobody can say'), stays, expect.stringContaining('fence: ')],
    });
    expect(await recovers(standby)).toEqual([{ recovers: false }]);
    expect(await look()).toEqual([
      expect.stringContaining('warning: '),
      expect.stringContaining('fault: drill-standby is no standby, so that nothing would be rehearsed'),
    ]);
    await work.dispose();
  });
});
