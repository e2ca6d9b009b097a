import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workOf } from '../../../activities/steps/index.ts';
import { postgresRecover } from '../../../activities/steps/postgres-recover.ts';
import { restore } from '../../../activities/steps/restore.ts';
import type { PostgresTarget, ResolvedStep, StepOf } from '../../../policy/resolved-failover.ts';
import {
  eventually,
  freePort,
  type ReplicatedServer,
  type StandbyServer,
  startPrimary,
  startStandby,
  toPrimary,
} from '../../../tools/servers/index.ts';
import { knownFacts } from '../../../workflows/contract-failover-steps.ts';
import { judgedTogether, type Look } from '../../../workflows/failover/check-findings.ts';
import { runOf, startStepWork, targetOn } from '../../support/failover.ts';
import { mark } from '../../support/past.ts';
import { sql } from '../../support/postgres-trip.ts';
import { openProvingScene, type ProvingScene } from '../../support/proving.ts';
import { aStep } from '../../support/steps.ts';

let scene: ProvingScene;
let place: ReplicatedServer;
let standby: StandbyServer;
let work: Awaited<ReturnType<typeof startStepWork>>;
let proven: string;

beforeAll(async () => {
  [scene, place, work] = await Promise.all([
    openProvingScene(100),
    startPrimary({ major: 15 }),
    startStepWork('fra'),
  ]);
  await sql(scene.postgres, 'postgres', 'alter system set full_page_writes = on');
  await sql(scene.postgres, 'postgres', 'select pg_reload_conf()');
  await sql(scene.postgres, 'postgres', 'checkpoint');
  standby = await startStandby(await toPrimary(scene.postgres));
  proven = await scene.backUp();
});

afterAll(async () => {
  await standby?.stop();
  await Promise.all([scene?.close(), place?.stop(), work?.dispose()]);
});

const targetAt = (): PostgresTarget => targetOn(place, 'dr', 'fra');
const databases = async (server = place) =>
  (await sql(server, 'postgres', 'select datname from pg_database order by 1')).map(
    (row) => Object(row).datname,
  );
const orders = async (server: ReplicatedServer, database: string) =>
  sql(server, database, 'select count(*)::int as n from orders');
const outcomes = (findings: { outcome: string }[]) => findings.map(({ outcome }) => outcome);

describe('restoring as a step of a runbook', () => {
  const step = (changes: Partial<StepOf<'restore'>> = {}): StepOf<'restore'> => ({
    ...aStep('restore'),
    do: 'restore',
    plan: scene.plan,
    target: targetAt(),
    database: 'shop',
    ...changes,
  });

  it('takes nothing that was never proven', async () => {
    const { findings } = await restore.look(step(), runOf(), work);
    expect(outcomes(findings)).toEqual(['warning', 'fault', 'ok']);
    await expect(restore.carryOut(step(), runOf(), work)).rejects.toMatchObject({ code: 'not-found' });
    expect(await scene.test()).toMatchObject({ result: 'passed' });
    await sql(scene.postgres, 'shop', `insert into orders (note) values ('later')`);
    await scene.backUp();
  });

  it('looks ahead at a server that is promoted before it, and at what it makes itself', async () => {
    const dr = targetOn(standby, 'promoted', 'fra');
    const gone = { ...dr, name: 'gone', port: await freePort() };
    const asking = { do: 'sql.check' as const, queries: ['select true'], within: 5 };
    const steps: ResolvedStep[] = [
      { ...aStep('promote'), do: 'postgres.promote', target: dr },
      step({ id: 'restored', needs: ['promote'], target: dr, database: 'put' }),
      { ...aStep('ask', { needs: ['restored'] }), ...asking, target: { ...dr, database: 'put' } },
      { ...aStep('rebuild'), do: 'postgres.standby', target: gone, primary: dr },
      { ...aStep('back', { needs: ['rebuild'] }), do: 'postgres.promote', target: gone },
      step({ id: 'alone', target: dr, database: 'put' }),
      { ...aStep('early'), ...asking, target: { ...dr, database: 'put' } },
    ];
    const looks = await Promise.all(
      steps.map(async (each): Promise<Look> => {
        const { findings, makes = [] } = await workOf(each).look(runOf({ ahead: true }), work);
        return { step: each.id, mode: 'real', findings, makes };
      }),
    );
    const judged = judgedTogether(looks, steps);
    const of = (id: string) => judged.filter((each) => each.step === id && each.outcome !== 'ok');
    expect(of('restored').at(-1)).toMatchObject({
      outcome: 'not-checked',
      sentence: 'promoted as a server that takes writes is not there yet: promote makes it.',
    });
    expect(of('ask')).toMatchObject([
      {
        outcome: 'not-checked',
        sentence: 'the database put on promoted is not there yet: restored makes it.',
      },
    ]);
    expect(of('back')).toMatchObject([
      { outcome: 'not-checked', sentence: 'gone as a standby is not there yet: rebuild makes it.' },
    ]);
    expect(of('alone').at(-1)).toMatchObject({ outcome: 'fault' });
    expect(of('early')).toMatchObject([
      {
        outcome: 'warning',
        sentence: expect.stringMatching(/no database "put".* It has to by the time of the step\.$/),
      },
    ]);
  });

  it('restores the newest proven backup under a name that is free, and once', async () => {
    const { findings, facts } = await restore.look(step(), runOf(), work);
    expect(outcomes(findings)).toEqual(['warning', 'ok']);
    expect(facts[0]?.value).toMatch(new RegExp(`^shop/${proven} in `));
    const run = runOf();
    const report = await restore.carryOut(step(), run, work);
    expect(report.sentence).toContain(`${proven} of all was restored as shop on dr`);
    expect(report.exceptions).toEqual(['A newer backup was never proven.']);
    expect(report.results.map(({ name }) => name)).toContain(knownFacts.newestData);
    expect(await orders(place, 'shop')).toEqual([{ n: 100 }]);
    expect((await restore.carryOut(step(), run, work)).sentence).toContain('by an earlier attempt');
    expect((await restore.check(step(), run, work)).sentence).toContain('is the one that was restored');
    expect(await restore.undo(step(), run, work)).toMatchObject({ outcome: 'not-undoable' });
    const other = runOf({ runId: 'another' });
    await expect(restore.carryOut(step(), other, work)).rejects.toMatchObject({ code: 'already-exists' });
    expect(outcomes((await restore.look(step(), other, work)).findings)).toEqual(['warning', 'fault']);
    expect(await databases()).toEqual(['postgres', 'shop', 'template0', 'template1']);
  });

  it('drills in a scratch place that is gone afterwards, also when it is not what was backed up', async () => {
    const drill = runOf({ mode: 'drill' });
    const report = await restore.carryOut(step(), drill, work);
    expect(report.sentence).toContain('into a scratch place, which is gone');
    await scene.nothingLeft();
    const bad = await scene.backUp('row missing');
    const { copies } = scene.plan;
    await mark(copies, bad, { kind: 'tested', at: new Date().toISOString(), result: 'passed' });
    await expect(restore.carryOut(step(), drill, work)).rejects.toMatchObject({ code: 'mismatch' });
    await scene.nothingLeft();
    await mark(copies, bad, {
      kind: 'tested',
      at: new Date(Date.now() + 5000).toISOString(),
      result: 'failed',
    });
  });

  it('drills on a target of its own, again and again, and takes it back', async () => {
    const rehearsal = step({ drill: targetAt(), database: 'rehearsed' });
    for (const runId of ['first', 'second'])
      await restore.carryOut(rehearsal, runOf({ mode: 'drill', runId }), work);
    expect(await databases()).toContain('rehearsed');
    const drill = runOf({ mode: 'drill', runId: 'second' });
    expect(await restore.undo(rehearsal, drill, work)).toMatchObject({ outcome: 'undone' });
    expect(await restore.undo({ ...rehearsal, database: 'shop' }, drill, work)).toMatchObject({
      outcome: 'nothing-to-undo',
    });
    expect(await databases()).toEqual(['postgres', 'shop', 'template0', 'template1']);
  });
});

describe('recovering from the standby or a backup', () => {
  const step = (): StepOf<'postgres.recover'> => ({
    ...aStep('recover'),
    do: 'postgres.recover',
    standby: targetOn(standby, 'shop-standby', 'fra'),
    plan: scene.plan,
    database: 'shop',
  });

  it('shows both with what they cost, and does nothing that nobody chose', async () => {
    await sql(scene.postgres, 'shop', `insert into orders (note) values ('newest')`);
    await eventually(async () => expect(await orders(standby, 'shop')).toEqual([{ n: 102 }]), 20);
    const { choices, findings } = await postgresRecover.look(step(), runOf(), work);
    expect(outcomes(findings)).not.toContain('fault');
    expect(choices).toEqual([
      {
        id: 'standby',
        sentence: expect.stringContaining('Promote shop-standby'),
        rtoSeconds: expect.any(Number),
        rpoSeconds: expect.any(Number),
      },
      {
        id: 'backup',
        sentence: expect.stringContaining(`Restore ${proven} of all`),
        rtoSeconds: expect.any(Number),
        rpoSeconds: expect.any(Number),
      },
    ]);
    expect(choices[1]?.rpoSeconds).toBeGreaterThan(choices[0]?.rpoSeconds ?? 0);
    for (const chosen of [null, 'both'])
      for (const mode of ['real', 'drill'] as const)
        await expect(postgresRecover.carryOut(step(), runOf({ mode, chosen }), work)).rejects.toMatchObject({
          code: 'refused',
          message: expect.stringContaining('Nobody chose how shop is recovered'),
        });
  });

  it.each<[what: string, closed: { standby: boolean; backup: boolean }, left: string[], worst: string]>([
    [
      'the backup alone, with a standby that does not answer',
      { standby: true, backup: false },
      ['backup'],
      'warning',
    ],
    ['the standby alone, without a proven backup', { standby: false, backup: true }, ['standby'], 'warning'],
    ['neither', { standby: true, backup: true }, [], 'fault'],
  ])('shows what is left: %s', async (_what, closed, left, worst) => {
    const open = step();
    const gone = {
      ...open,
      ...(closed.standby ? { standby: { ...open.standby, port: 1 } } : {}),
      ...(closed.backup ? { plan: { ...open.plan, copies: [] } } : {}),
    };
    const { choices, findings } = await postgresRecover.look(gone, runOf(), work);
    expect(choices.map(({ id }) => id)).toEqual(left);
    expect(outcomes(findings)).toContain(worst);
    expect(outcomes(findings).includes('fault')).toBe(worst === 'fault');
    const said = findings.map(({ sentence }) => sentence).join(' ');
    expect(said.includes('Neither the standby nor a proven backup')).toBe(worst === 'fault');
  });

  it('drills what was chosen in scratch', async () => {
    const chosen = (choice: string) =>
      postgresRecover.carryOut(step(), runOf({ mode: 'drill', chosen: choice }), work);
    expect((await chosen('standby')).sentence).toContain('A scratch copy of shop-standby was promoted');
    expect((await chosen('backup')).sentence).toContain('into a scratch place');
    await scene.nothingLeft();
    expect(await sql(standby, 'shop', 'select pg_is_in_recovery() as r')).toEqual([{ r: true }]);
  });

  it('restores onto the standby once the primary is gone, and keeps what had the name', async () => {
    const run = runOf({ chosen: 'backup' });
    await expect(postgresRecover.carryOut(step(), run, work)).rejects.toMatchObject({ code: 'refused' });
    await scene.postgres.kill();
    const report = await postgresRecover.carryOut(step(), run, work);
    expect(report.sentence).toContain('shop-standby was promoted to take the backup');
    expect(await orders(standby, 'shop')).toEqual([{ n: 100 }]);
    const kept = (await databases(standby)).find((name) => /^shop_before_\d{14}$/.test(name));
    expect(await orders(standby, kept ?? '')).toEqual([{ n: 102 }]);
    expect((await postgresRecover.carryOut(step(), run, work)).sentence).toContain('by an earlier attempt');
    expect((await postgresRecover.check(step(), run, work)).sentence).toContain('takes writes');
    const { choices } = await postgresRecover.look(step(), runOf(), work);
    expect(choices.map(({ id }) => id)).toEqual(['standby', 'backup']);
  });
});
