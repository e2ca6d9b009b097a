import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backupsVerify } from '../../../activities/steps/backups-verify.ts';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import type { StepOf } from '../../../policy/resolved-failover.ts';
import { mark } from '../../support/past.ts';
import { openProvingScene, type ProvingScene } from '../../support/proving.ts';
import { aRun, aStep } from '../../support/steps.ts';
import { workAt } from '../../support/work.ts';

const day = 86_400;
let scene: ProvingScene;
let backupId: string;
/** Bytes of its data. */
let full: number;

beforeAll(async () => {
  scene = await openProvingScene(100);
  backupId = await scene.backUp();
  full = (await stat(await dataIn(scene.near))).size;
});
afterAll(() => scene?.close());

const step = (more: Partial<StepOf<'backups.verify'>> = {}): StepOf<'backups.verify'> => ({
  ...aStep('backups'),
  do: 'backups.verify',
  plans: [scene.plan],
  tested: 35 * day,
  ...more,
});

const work = () => workAt(scene.stage.lab.directory);
const look = async (of: StepOf<'backups.verify'>, run = aRun()) =>
  (await backupsVerify.look(of, run, work())).findings.map(
    ({ outcome, sentence }) => `${outcome}: ${sentence}`,
  );
const carryOut = (of: StepOf<'backups.verify'>, run = aRun()) => backupsVerify.carryOut(of, run, work());

const changed = (change: (plan: ResolvedPlan) => void) => {
  const plan = scene.plan;
  change(plan);
  return step({ plans: [plan] });
};

const markTested = (name: string, daysAgo: number, result: string) =>
  mark(
    scene.plan.copies.filter((each) => each.name === name),
    backupId,
    { kind: 'tested', at: new Date(Date.now() - daysAgo * day * 1000).toISOString(), result },
  );

/** Takes what is written of tests in a directory away again. */
async function forgetTests(root: string): Promise<void> {
  const names = await readdir(root, { recursive: true });
  for (const name of names.filter((each) => each.includes('/tested.'))) await rm(join(root, name));
}

/** The copy's file of data in a directory. */
async function dataIn(root: string): Promise<string> {
  const names = await readdir(root, { recursive: true });
  return join(root, names.find((name) => name.includes(backupId) && name.includes('/data-')) ?? '');
}

describe('verifying the backups', () => {
  it('stops where no copy was proven, or none lately, and says both dates', async () => {
    expect((await look(step())).join()).toMatch(
      /^fault: No copy of all was ever proven by a restore test, and the step wants one of the last 35d, since 20/,
    );
    await expect(carryOut(step())).rejects.toMatchObject({ code: 'refused' });
    await markTested('next', 40, 'passed');
    await expect(carryOut(step())).rejects.toThrow(
      /all was proven by a restore test last on 20\d\d-\S+, and the step wants one of the last 35d, since 20\d\d-/,
    );
  });

  it('does not trust a clock that is wrong: its own, or that of whoever proved it', async () => {
    await markTested('near', -2, 'passed');
    expect((await look(step())).join()).toMatch(
      /^fault: all was proven .* which is yet to come: a worker's clock/,
    );
    await forgetTests(scene.near);
    await markTested('near', 2, 'passed');
    expect((await look(step())).join()).toMatch(/^ok: /);
    // Temporal says that it is two months later than this worker believes.
    const declaredAt = new Date(Date.now() + 60 * day * 1000).toISOString();
    expect((await look(step(), aRun({ declaredAt }))).join()).toMatch(
      /^fault: all was proven by a restore test last on .* the last 35d/,
    );
  });

  it('reads the newest backup to its last byte, and opens it', async () => {
    expect((await look(step())).join()).toMatch(
      new RegExp(
        `^ok: all: the newest backup ${backupId} is in near, next, offsite, and a copy was proven on`,
      ),
    );
    const report = await carryOut(step());
    expect(report.exceptions).toEqual([]);
    expect(report.sentence).toContain(`the copy of ${backupId} in near is whole and can be decrypted`);
    expect(report.results).toContainEqual(expect.objectContaining({ name: 'newest backup of all' }));
  });

  it('asks nothing of a zone that is lost', async () => {
    const run = aRun({ lost: ['fra'] });
    expect(await look(step(), run)).toContain(
      'fault: all has no repository outside fra that this zone can read.',
    );
  });

  it('wants the private key in this zone', async () => {
    const closed = changed(({ key }) => {
      if (key.kind === 'gpg') key.opens = { ams: { file: '/nowhere' } };
    });
    expect((await look(closed)).join()).toContain(
      "could not be decrypted here: Key databases can't be opened in zone fra.",
    );
    await expect(carryOut(closed)).rejects.toThrow('could not be decrypted here');
  });

  it('goes on with another copy, and says what is wrong with the first', async () => {
    const data = await dataIn(scene.near);
    await writeFile(data, 'x', { flag: 'r+' });
    const report = await carryOut(step());
    expect(report.sentence).toContain('in next is whole');
    expect(report.exceptions.join()).toMatch(/the copy of \S+ in near is not good: .* has SHA-256/);
    await truncate(data, 10);
    expect((await look(step())).join()).toMatch(/warning: all: the copy of \S+ in near lacks data-/);
  });

  it('stops where every copy is bad', async () => {
    const only = changed((plan) => {
      plan.copies = plan.copies.filter(({ name }) => name === 'near');
    });
    expect((await look(only)).join()).toMatch(/fault: all: the copy of \S+ in near lacks data-/);
    await expect(carryOut(only)).rejects.toMatchObject({ code: 'refused' });
    const data = await dataIn(scene.near);
    await truncate(data, full);
    await expect(carryOut(only)).rejects.toMatchObject({ code: 'corrupt-copy' });
  });

  it('does not rely on a copy that failed its restore test', async () => {
    await markTested('next', 1, 'failed');
    await markTested('offsite', 1, 'failed');
    await markTested('near', 1, 'failed');
    const found = await look(step());
    expect(found).toContain('fault: all has no backup that counts outside ams.');
    expect(found.filter((each) => each.includes('failed its restore test on'))).toHaveLength(3);
  });
});
