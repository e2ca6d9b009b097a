import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Temporal } from 'temporal-polyfill';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { pathsBelow } from '../support/files.ts';
import { anotherSecond } from '../support/seconds.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let policy: ResolvedPolicy;
let postgres: PostgresServer;
let paths: Record<'local' | 'offsite' | 'log', string>;

beforeAll(async () => {
  [stage, postgres] = await Promise.all([openStage(['fra']), startPostgres({ major: 15 })]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  const [local, offsite, log] = await Promise.all(
    ['local', 'offsite', 'log'].map((name) => stage.lab.repositoryPath(name)),
  );
  paths = { local: local ?? '', offsite: offsite ?? '', log: log ?? '' };
  const directory = (path: string) => ({ kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' });
  const common = { source: 'shop', schedule: '0 2 * * *', key: 'databases' };
  const shop = await labSource(stage.lab, postgres, 'shop');
  policy = await stage.apply({
    repositories: Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, directory(path)])),
    tiers: { critical: { rpo: '24h', rto: '1h' } },
    sources: { shop: { ...shop, tier: 'critical' }, idle: shop },
    plans: {
      daily: { ...common, copies: ['local', 'offsite'] },
      never: { ...common, copies: ['local'] },
    },
    people: { 'dba-1': { roles: ['dba'] } },
    services: { shop: { say: 'The web shop', owner: 'dba-1', sources: ['shop'] } },
    prices: { currency: 'EUR', asOf: '2026-11-01', perGiB: { local: 1024 }, budget: 500 },
    audit: { repository: 'log' },
  });
  expect(await cli('apply', '--yes')).toMatchObject({ code: 0 });
  expect(await cli('backup', 'run', 'daily', '--wait')).toMatchObject({ code: 0 });
  expect(await cli('restore-test', 'run', 'daily', '--from', 'local')).toMatchObject({ code: 0 });
});

beforeEach(anotherSecond);

afterAll(async () => {
  await stage?.close();
  await postgres?.stop();
});

const cli = (...args: string[]) =>
  holdfast(args, {
    env: { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile },
  });

/** The quarter that is under way, in the policy's time zone. */
const quarter = () => {
  const { year, month } = Temporal.Now.zonedDateTimeISO('Europe/Amsterdam');
  return `${year}Q${Math.ceil(month / 3)}`;
};

async function reported() {
  const { code, stdout, stderr } = await cli(
    'report',
    'audit',
    '--quarter',
    quarter(),
    '--json',
    '--as',
    'dba-1',
  );
  return { code, stderr, ...JSON.parse(stdout) };
}

/** While the body runs, a repository's disk is not there. */
async function without<T>(path: string, body: () => Promise<T>): Promise<T> {
  await rename(path, `${path}.gone`);
  try {
    return await body();
  } finally {
    await rename(`${path}.gone`, path);
  }
}

describe('the report of a quarter', () => {
  it('tells what is there, what was proven, what went wrong, what it costs and what to do', async () => {
    await queryDatabase(postgres, 'postgres', 'alter database shop rename to away');
    await cli('backup', 'run', 'never', '--wait');
    await queryDatabase(postgres, 'postgres', 'alter database away rename to shop');
    const { code, result, report, stored, exceptions } = await reported();
    expect({ code, result, exceptions }).toEqual({ code: 0, result: 'passed', exceptions: [] });
    expect(stored.sort()).toEqual(['local', 'log', 'offsite']);
    const { coverage, tests, storage, incidents, recommendations, person } = report.document;
    expect(person).toBe('dba-1');
    expect(coverage).toMatchObject({ sources: 2, unprotected: ['idle'], unproven: ['never'] });
    expect(coverage.plans).toMatchObject([
      {
        ...{ plan: 'daily', wanted: ['local', 'offsite'], held: ['local', 'offsite'], backups: 1, proven: 1 },
        ...{ disproven: 0, rto: { target: 3600 }, scheduled: false },
      },
      { plan: 'never', held: [], backups: 0, newest: null, age: null, proven: 0, lastProven: null },
    ]);
    expect(coverage.plans[0].rto.measured).toBeGreaterThan(0);
    expect(coverage.plans[0].lastProven).toMatch(/^\d{4}-/);
    expect(tests).toMatchObject({ proven: 1, disproven: 0, untested: 0, failures: [] });
    const [local] = storage.repositories;
    expect(local).toMatchObject({ repository: 'local', backups: 1, unreadable: null });
    expect(storage.cost.now).toBeCloseTo((1024 * local.bytes) / 2 ** 30, 6);
    expect(storage.cost.unpricedBytes).toBeGreaterThan(0);
    expect(incidents.counts).toMatchObject({ 'backup.created': 1, 'backup.tested': 1 });
    // The health check may fire meanwhile, and say that plans have no backup yet.
    const failed = incidents.incidents.filter(({ action }: { action: string }) => action !== 'alert.opened');
    expect(failed).toMatchObject([{ action: 'backup.failed', outcome: 'failed', subject: 'shop' }]);
    expect(recommendations.map(({ id }: { id: string }) => id)).toContain('no-restore-test');
  });

  it('is written with a signature that anybody can check, and never over another', async () => {
    const out = join(stage.lab.directory, 'reports');
    const made = await cli('report', 'audit', '--quarter', quarter(), '--out', out);
    expect(made).toMatchObject({ code: 0 });
    const files = (await readdir(out)).sort();
    expect(files.map((file) => file.replace(/^[^.]*/, ''))).toEqual(['.json', '.json.sig', '.md']);
    expect(made.stdout.trim().split('\n')).toHaveLength(3);
    const [json = '', signature = '', markdown = ''] = files.map((file) => join(out, file));
    expect(await readFile(markdown, 'utf8')).toContain(
      '1 of 2 plans were not proven by a restore test: never.',
    );
    const signers = join(stage.lab.directory, 'allowed');
    const [signer] = await publicKeys();
    await writeFile(signers, `fra ${signer}\n`);
    const args = ['-Y', 'verify', '-f', signers, '-I', 'fra', '-n', 'holdfast-evidence', '-s', signature];
    await run({ command: 'ssh-keygen', args }, { stdin: await readFile(json) });
    const before = await Promise.all(files.map((file) => readFile(join(out, file), 'utf8')));
    expect(await cli('report', 'audit', '--quarter', quarter(), '--out', out)).toMatchObject({ code: 0 });
    expect(await readdir(out)).toHaveLength(6);
    expect(await Promise.all(files.map((file) => readFile(join(out, file), 'utf8')))).toEqual(before);
  });

  it('is printed as Markdown', async () => {
    const { stdout, stderr, code } = await cli('report', 'audit', '--quarter', quarter());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Backup and recovery of .*\n/);
    for (const section of ['Coverage', 'Restore tests', 'Storage and cost', 'Incidents', 'Recommendations'])
      expect(stdout).toContain(`\n## ${section}\n`);
    expect(stderr).toContain('Kept as audit-report/');
  });

  it('is one page that loads nothing, where that is asked for', async () => {
    const { stdout, code } = await cli('report', 'audit', '--quarter', quarter(), '--format', 'html');
    expect(code).toBe(0);
    expect(stdout).toMatch(/<h1>Backup and recovery of .*<\/h1>/);
    expect(stdout).toContain("default-src 'none'");
  });

  it('and its like are read through workers, verified without them, and handed over', async () => {
    const bcp = await cli('report', 'bcp', '--store', '--as', 'dba-1', '--json');
    expect(bcp).toMatchObject({ code: 0 });
    const plan = JSON.parse(bcp.stdout);
    expect(plan).toMatchObject({
      objectives: [{ what: 'source shop', rto: { target: 3600 }, by: { kind: 'restore test' } }],
      history: [{ kind: 'restore test', subject: 'daily', result: 'passed (proven)' }],
      evidence: { stored: expect.arrayContaining(['local', 'offsite', 'log']) },
    });
    const { path } = plan.evidence;
    const listed = JSON.parse((await cli('evidence', 'list', '--json')).stdout);
    expect(listed.faults).toEqual([]);
    expect(listed.reports[0]).toMatchObject({ kind: 'continuity-plan', subject: 'shop', path });
    const ever = JSON.parse((await cli('evidence', 'list', '--since', '2020-01-01', '--json')).stdout);
    expect(ever.reports).toEqual(listed.reports);
    const shown = await cli('evidence', 'show', path, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      markdownHolds: true,
      report: { kind: 'continuity-plan' },
    });
    for (const args of [['--repository', 'local'], [paths.offsite]]) {
      const { code, stdout } = await cli('evidence', 'verify', ...args, '--json');
      expect({ code, faults: JSON.parse(stdout).faults }).toEqual({ code: 0, faults: [] });
      expect(JSON.parse(stdout).backups).toEqual({ whole: 1, absent: 0 });
    }
    const out = join(stage.lab.directory, 'handed-over');
    expect(await cli('evidence', 'export', out, '--kind', 'restore-test')).toMatchObject({ code: 0 });
    const verified = await cli('evidence', 'verify', out, '--trust', join(out, 'allowed_signers'));
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1 reports') });
    const rules = JSON.parse((await cli('report', 'compliance', '--json')).stdout);
    const tests = rules.criteria.find(({ id }: { id: string }) => id === 'recent-tests');
    expect(tests).toMatchObject({ holds: 'in-part', evidence: [{ path: plan.history[0].path }] });
    const checklist = JSON.parse((await cli('report', 'checklist', '--json')).stdout);
    expect(checklist.exceptions).toEqual([]);
    expect(await cli('report', 'review', 'drill/none')).toMatchObject({ code: 1 });
  });

  it('takes no old report under a newer name for another proof', async () => {
    const [path = ''] = (await pathsBelow(paths.local, '_evidence/restore-test')).filter((each) =>
      each.endsWith('.json'),
    );
    const newer = path.replace(/\d{6}Z-/, '000000Z-');
    const extensions = ['.json', '.json.sig', '.md'];
    const place = (each: string, extension: string) =>
      join(paths.local, each.replace(/\.json$/, '') + extension);
    for (const extension of extensions) await copyFile(place(path, extension), place(newer, extension));
    try {
      const { report, exceptions } = await reported();
      expect(exceptions.join('\n')).toMatch(/restore-test\/.*000000Z-daily in local does not count: it is/);
      expect(report.document.tests).toMatchObject({ proven: 1 });
      const misplaced = newer.replace(/^_evidence\//, '').replace(/\.json$/, '');
      const shown = await cli('evidence', 'show', misplaced);
      expect(shown).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`What lies as ${misplaced} is`),
      });
    } finally {
      for (const extension of extensions) await rm(place(newer, extension));
    }
  });

  it('counts no report that somebody signed whom nobody knows, and says so', async () => {
    const [path = ''] = (await pathsBelow(paths.local, '_evidence/restore-test')).filter((each) =>
      each.endsWith('.json'),
    );
    const stranger = await makeSigningKey(stage.lab.directory, 'stranger');
    const forged = (await readFile(join(paths.local, path), 'utf8')).replace('"proven"', '"untested"');
    const args = ['-Y', 'sign', '-f', stranger.privateFile, '-n', 'holdfast-evidence'];
    const { stdout } = await run({ command: 'ssh-keygen', args }, { stdin: forged });
    await writeFile(join(paths.local, path), forged);
    await writeFile(join(paths.local, `${path}.sig`), stdout);
    const { result, report, exceptions } = await reported();
    expect(result).toBe('passed-with-exceptions');
    expect(exceptions).toHaveLength(1);
    expect(exceptions[0]).toMatch(/^The report restore-test\/.* in local does not count: .* of a stranger/);
    expect(report.document.tests).toMatchObject({ proven: 1, untested: 0 });
    expect(report.document.exceptions).toEqual(exceptions);
    await without(paths.offsite, async () => {
      const alone = await reported();
      expect(alone.report.document.tests).toMatchObject({ proven: 0, untested: 0 });
    });
  });

  it('does not read what is away as nothing', async () => {
    await without(paths.offsite, async () => {
      const { code, result, report, stored, exceptions } = await reported();
      expect({ code, result, stored: stored.sort() }).toEqual({
        code: 0,
        result: 'passed-with-exceptions',
        stored: ['local', 'log'],
      });
      expect(exceptions.join('\n')).toMatch(/What offsite holds could not be read/);
      expect(exceptions.join('\n')).toMatch(/The reports in offsite could not be read/);
      const { repositories } = report.document.storage;
      expect(repositories[1]).toMatchObject({ repository: 'offsite', bytes: null, backups: null });
    });
  });

  it('that can be kept nowhere is no evidence', async () => {
    const { code, result, stored, exceptions } = await without(paths.local, () =>
      without(paths.offsite, () => without(paths.log, reported)),
    );
    expect({ code, result, stored }).toEqual({ code: 3, result: 'failed', stored: [] });
    expect(exceptions.join('\n')).toMatch(/The report could not be kept in local/);
  });

  it('is refused of a quarter that has not begun', async () => {
    const { code, stderr } = await cli('report', 'audit', '--quarter', '2999Q1');
    expect(code).toBe(2);
    expect(stderr).toContain('2999Q1 has not begun.');
  });

  it('and any other that is larger than a message of Temporal is kept and read whole', async () => {
    const text = '"a line"\n'.repeat(120_000);
    const kept = await stage.execute('keepReport', {
      ...{ kind: 'continuity-plan', subject: 'shop', at: new Date().toISOString() },
      ...{ document: { result: 'passed', text }, markdown: '# Shop\n\n- a line\n'.repeat(10_000) },
      ...{
        signingKeys: policy.signingKeys,
        zones: ['fra'],
        repositories: Object.values(policy.repositories),
      },
    });
    expect(kept).toMatchObject({ result: 'passed', exceptions: [] });
    const { code, stdout, stderr } = await cli('evidence', 'show', kept.evidence?.path ?? '', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ markdownHolds: true, report: { document: { text } } });
  });
});

async function publicKeys(): Promise<string[]> {
  const files = (await readdir(stage.lab.directory, { recursive: true })).filter((file) =>
    /signing.*\.pub$|fra.*\.pub$/.test(file),
  );
  return Promise.all(
    files.map(async (file) => (await readFile(join(stage.lab.directory, file), 'utf8')).trim()),
  );
}
