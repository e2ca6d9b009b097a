import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { askFor } from '../support/scene.ts';
import { failureOf, openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let postgres: PostgresServer;
let policy: ResolvedPolicy;
let log: string;
let offsite: string;

beforeAll(async () => {
  [stage, postgres] = await Promise.all([openStage(['fra']), startPostgres({ major: 15 })]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  const directory = async (name: string) => {
    const path = await stage.lab.repositoryPath(name);
    return { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' };
  };
  const repositories = {
    local: await directory('local'),
    offsite: await directory('offsite'),
    log: await directory('log'),
  };
  [log, offsite] = [repositories.log.path, repositories.offsite.path];
  const person = await makeSigningKey(stage.lab.directory, 'dba-1');
  policy = await stage.apply({
    repositories,
    sources: { shop: await labSource(stage.lab, postgres, 'shop') },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] },
    },
    people: {
      'dba-1': { roles: ['dba'], email: 'dba-1@example.org', sshKeys: [person.publicFile] },
    },
    audit: { repository: 'log' },
  });
});
afterAll(async () => {
  await stage?.close();
  await postgres?.stop();
});

const cli = (...args: string[]) =>
  holdfast(args, {
    env: { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile },
  });

function plan() {
  const found = policy.plans['shop-daily'];
  if (found === undefined) throw new Error('no plan');
  return found;
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

describe('what happens', () => {
  let backupId: string;

  it('is recorded: the policy, a backup, its verification, its restore and who asked, a failure', async () => {
    expect(await cli('apply', '--yes', '--as', 'dba-1')).toMatchObject({ code: 0, stderr: '' });
    const run = await cli('backup', 'run', 'shop-daily', '--wait', '--as', 'dba-1', '--json');
    expect(run).toMatchObject({ code: 0 });
    ({ backupId } = JSON.parse(run.stdout));
    await cli('backup', 'verify', backupId);
    const restored = await cli('restore', backupId, '--into-scratch', '--as', 'dba-1', '--json');
    expect(JSON.parse(restored.stdout)).toMatchObject({ result: 'passed', warnings: [] });
    const broken = structuredClone(plan());
    broken.source.database = 'absent';
    await failureOf(stage.execute('backup', { plan: broken }));

    const listed = JSON.parse((await cli('audit', 'list', '--json')).stdout);
    const subject = `shop/${backupId}`;
    expect(listed.entries).toMatchObject([
      {
        action: 'backup.failed',
        subject: 'shop',
        outcome: 'failed',
        reason: expect.stringContaining('absent'),
      },
      {
        action: 'backup.restored',
        subject,
        person: 'dba-1',
        facts: { repository: 'local', result: 'passed' },
      },
      { action: 'backup.retrieved', subject, person: 'dba-1' },
      { action: 'backup.verified', subject, facts: { result: 'passed' } },
      { action: 'backup.created', subject, person: 'dba-1', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { action: 'policy.applied', person: 'dba-1', hash: policy.hash, zone: 'fra', seq: 1 },
    ]);
    expect(listed.entries[0].worker).toMatch(/^fra\/.+\/\d+$/);
    expect(listed.entries[3].person).toBeUndefined();
  });

  it('is found by action, subject, person and time, and told for people', async () => {
    const seqs = async (...args: string[]) =>
      JSON.parse((await cli('audit', 'list', '--json', ...args)).stdout).entries.map(
        ({ seq }: { seq: number }) => seq,
      );
    expect(await seqs('--action', 'backup.created')).toEqual([2]);
    expect(await seqs('--action', 'policy')).toEqual([1]);
    expect(await seqs('--subject', 'shop')).toEqual([6, 5, 4, 3, 2]);
    expect(await seqs('--person', 'dba-1')).toEqual([5, 4, 2, 1]);
    expect(await seqs('--since', '1h', '--limit', '2')).toEqual([6, 5]);
    expect(await seqs('--since', '2100-01-01')).toEqual([]);
    const told = await cli('audit', 'list', '--limit', '1');
    expect(told.stdout).toMatch(/fra\/6 +backup\.failed \(failed\) +shop/);
    expect(told.stderr).toContain('There are more');
    expect(await cli('audit', 'list', '--since', '2026-11-21T02:00')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('an instant with its offset'),
    });
  });

  it('is known by name only of people whom the policy has', async () => {
    const refused = await cli('restore', backupId, '--into-scratch', '--as', 'nobody');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The policy knows no nobody') });
  });

  it('leaves heads with its witnesses, and all of it verifies', async () => {
    expect(await readdir(join(offsite, '_heads/fra/000000'))).toHaveLength(6);
    const { code, stdout } = await cli('audit', 'verify', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'passed',
      chains: [{ zone: 'fra', outcome: 'passed', entries: 6, heads: 18, broken: null, last: { seq: 6 } }],
    });
  });

  it.each(['list', 'verify'])('%s passes nothing of a zone that there is not', async (what) => {
    const mistyped = await cli('audit', what, '--zone', 'frra');
    expect(mistyped).toMatchObject({ code: 2, stdout: '' });
    expect(mistyped.stderr).toContain('The policy has no zone "frra". Did you mean "fra"?');
  });

  it('goes on without the audit repository, with a warning', async () => {
    await without(log, async () => {
      const made = await stage.execute('backup', { plan: plan() });
      expect(made).toMatchObject({ result: 'passed', exceptions: [] });
      expect(made.warnings).toEqual([
        expect.stringMatching(/^The audit log could not be written: Repository log: .* does not exist\./),
      ]);
      const restored = await stage.execute('restore', {
        ...askFor(plan(), made.backupId),
        zone: 'fra',
        candidates: plan().copies,
        keep: 0,
        ...(policy.audit === undefined ? {} : { audit: policy.audit }),
      });
      expect(restored).toMatchObject({ result: 'passed', warnings: [expect.stringContaining('audit log')] });
    });
  });

  it('goes on without a witness, and verification says that it could not compare', async () => {
    await without(offsite, async () => {
      expect(await cli('repository', 'sweep', 'local', '--as', 'dba-1')).toMatchObject({
        code: 0,
        stderr: '',
      });
      const verified = await cli('audit', 'verify');
      expect(verified.code).toBe(3);
      expect(verified.stdout).toContain('the heads in offsite');
    });
    expect(await cli('audit', 'verify')).toMatchObject({ code: 0 });
    const { entries } = JSON.parse((await cli('audit', 'list', '--limit', '2', '--json')).stdout);
    expect(entries).toMatchObject([
      { seq: 7, action: 'repository.swept' },
      { seq: 6, action: 'backup.failed' },
    ]);
  });

  it('can be forged by nobody who has all rights in the audit repository', async () => {
    const last = join(log, '_audit/fra/000000/000000007.json');
    await rm(last);
    await rm(join(log, '_audit/fra/heads/000000/000000007.json'));
    const cut = await cli('audit', 'verify');
    expect(cut).toMatchObject({ code: 3, stdout: expect.stringContaining('truncation at entry 7') });
    const entry = join(log, '_audit/fra/000000/000000002.json');
    await writeFile(entry, '{}');
    const changed = await cli('audit', 'verify');
    expect(changed).toMatchObject({ code: 3, stdout: expect.stringContaining('change at entry 2') });
  });
});
