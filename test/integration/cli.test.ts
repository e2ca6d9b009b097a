import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Lab, labSource, openLab } from '../../tools/lab/lab.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';

let orchestra: Orchestra;
let lab: Lab;
let postgres: PostgresServer;
let sections: Record<string, unknown>;
let repositories: [string, string];

beforeAll(async () => {
  [orchestra, lab, postgres] = await Promise.all([
    startOrchestra(['fra']),
    openLab(),
    startPostgres({ major: 15 }),
  ]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  repositories = [await lab.repositoryPath('one'), await lab.repositoryPath('two')];
  const repository = (path: string) => ({ kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' });
  sections = {
    repositories: { one: repository(repositories[0]), two: repository(repositories[1]) },
    sources: { shop: await labSource(lab, postgres, 'shop') },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['one', 'two'] },
    },
  };
  await lab.usePolicy(sections);
});
afterAll(async () => {
  await orchestra?.close();
  await Promise.all([lab?.close(), postgres?.stop()]);
});

function cli(...args: string[]): Promise<CliRun> {
  return holdfast(args, { env: environment() });
}

function environment(): Record<string, string> {
  return { TEMPORAL_ADDRESS: orchestra.temporal.address, HOLDFAST_POLICY: lab.policyFile };
}

const documentOf = ({ stdout }: CliRun) => JSON.parse(stdout);

describe('the command line against a real Temporal, worker and database', () => {
  it('plans, asks, applies, and then has nothing to do', async () => {
    const planned = await cli('plan', '--check');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toContain('+ create  holdfast/backup/shop-daily');
    expect(planned.stdout).toContain('0 2 * * * Europe/Amsterdam, shop into one, two');
    expect(planned.stdout).toContain('Plan: 3 to create, 0 to update, 0 to delete, 0 unchanged.');

    expect(await cli('apply')).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes') });
    const refused = await holdfast(['apply'], { env: environment(), answer: 'n' });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was changed.') });
    expect(await readdir(repositories[0])).toEqual([]);

    const applied = await cli('apply', '--yes');
    expect(applied).toMatchObject({ code: 0 });
    expect(applied.stdout).toContain('Applied: 3 of 3 changes made.');
    expect(await readdir(repositories[0])).toContain('_policy');
    expect(await cli('plan', '--check')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No changes'),
    });
    expect(documentOf(await cli('apply', '--yes', '--json'))).toMatchObject({ applied: [], changes: [] });
  });

  it('examines every zone, and a zone without a worker is a fault of that zone', async () => {
    const { code, stdout } = await cli('doctor', '--json');
    expect(code).toBe(3);
    const { places } = JSON.parse(stdout);
    expect(places.map(({ zone }: { zone: string }) => zone)).toEqual(['temporal', 'fra', 'ams']);
    expect(JSON.stringify(places[2])).toContain('holdfast worker --zone ams');
    const fra = await cli('doctor', '--zone', 'fra');
    expect(fra).toMatchObject({ code: 0 });
    expect(fra.stdout).toContain('No faults.');
  });

  it('has no backup at first, says so, and tells what to do about a backup that is not there', async () => {
    expect(await cli('backup', 'list')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No backups'),
    });
    const status = await cli('status');
    expect(status).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('There is no good backup yet.'),
    });
    const missing = await cli('backup', 'show', 'latest:shop-daily');
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No repository holds a backup of'),
    });
    const typo = await cli('backup', 'run', 'shop-dialy');
    expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "shop-daily"?') });
  });

  it('makes, lists, shows, verifies and restores a backup', async () => {
    const made = await cli('backup', 'run', 'shop-daily', '--wait', '--json');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { backupId, rows } = documentOf(made);
    expect(rows).toBe(1000);

    const listed = await cli('backup', 'list', '--plan', 'shop-daily');
    expect(listed.stdout).toContain(backupId);
    expect(listed.stdout).toContain('one, two');
    const shown = await cli('backup', 'show', backupId);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('copy in two: held');

    const verified = await cli('backup', 'verify', 'latest:shop-daily', '--deep');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining(`${backupId}: passed`) });
    expect(verified.stdout).toContain('one: 3 files (no checksum of a service to compare), ');

    const restored = await cli('restore', 'latest:shop-daily', '--into-scratch');
    expect(restored.code).toBe(0);
    expect(restored.stdout).toContain('What was restored equals what was backed up.');

    const status = documentOf(await cli('status', '--json'));
    expect(status.plans[0]).toMatchObject({ plan: 'shop-daily', faults: [], lastGood: { backupId } });
    expect(await cli('status')).toMatchObject({ code: 0 });
  });

  it('shows a copy that was changed as faulty, and refuses it', async () => {
    const { backups } = documentOf(await cli('backup', 'list', '--json'));
    const { backupId } = backups[0];
    const directory = join(repositories[1], 'shop', ...dayOf(backupId), backupId);
    await writeFile(join(directory, 'manifest.json'), '{}');
    const shown = await cli('backup', 'show', backupId);
    expect(shown).toMatchObject({ code: 3, stdout: expect.stringContaining('copy in two: faulty') });
    const verified = documentOf(await cli('backup', 'verify', backupId, '--json'));
    expect(verified.result).toBe('failed');
    expect(await cli('restore', backupId, '--into-scratch', '--from', 'two')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No copy of'),
    });
  });

  it('sweeps nothing that belongs to a backup', async () => {
    const swept = await cli('repository', 'sweep', 'one', '--dry-run');
    expect(swept).toMatchObject({ code: 0, stdout: expect.stringContaining('would remove 0 objects') });
  });

  it('deletes the Schedule of a removed plan only with --allow-delete', async () => {
    await lab.usePolicy({ ...sections, plans: { ...plansOf('shop-weekly', '0 3 * * 0') } });
    const refused = await cli('apply', '--yes');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--allow-delete') });
    expect(await cli('apply', '--yes', '--allow-delete')).toMatchObject({ code: 0 });
    expect(documentOf(await cli('plan', '--json')).summary).toMatchObject({ unchanged: 3, delete: 0 });
  });
});

function plansOf(name: string, schedule: string): Record<string, unknown> {
  return { [name]: { source: 'shop', schedule, key: 'databases', copies: ['one', 'two'] } };
}

function dayOf(backupId: string): [string, string, string] {
  return [backupId.slice(0, 4), backupId.slice(4, 6), backupId.slice(6, 8)];
}
