import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openStore, readEvidence } from '../../repository/index.ts';
import { holdfast } from '../support/cli.ts';
import { pathsBelow, readingsOf } from '../support/files.ts';
import { openProvingScene, type ProvingScene, quotedTable, type Sabotage } from '../support/proving.ts';
import { askFor } from '../support/scene.ts';

let scene: ProvingScene;
const rows = 2000;

beforeAll(async () => {
  scene = await openProvingScene(rows);
});

afterAll(() => scene?.close());

afterEach(() => scene.nothingLeft());

/**
 * Whether it is reached by environment variables, the password among them, and by nothing else; and whether the copy is
 * held meanwhile.
 */
const connects =
  () => `test "$PGDATABASE" = shop && test -n "$PGPASSWORD" && test -z "$LAB_S3_ACCESS_KEY_ID" &&
  test "$(psql -Atc 'select count(*) from orders')" = 100 &&
  find '${scene.near}' -name 'reading.*' | grep -q . && ! find '${scene.near}' -name 'read.*' | grep -q .`;

describe('a restore test', () => {
  it('proves a copy with every check, and leaves a signed report and a marker beside it', async () => {
    const backupId = await scene.backUp();
    const command = { run: ['sh', '-c', connects()], timeout: 60, secrets: {} };
    const result = await scene.test({ command });
    expect(result).toMatchObject({
      result: 'passed',
      verdict: 'proven',
      backup: { backupId },
      exceptions: [],
      attempts: [{ repository: 'near', verdict: 'proven', rows: rows + 101, tables: 3, scratchGone: true }],
      rto: { target: 3600, measured: expect.any(Number) },
      rpo: { target: 86_400, measured: expect.any(Number) },
    });
    expect(result.attempts[0]?.checks.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'schema passed',
      'rows passed',
      'checksums passed',
      'sequences passed',
      'indexes passed',
      'freshness passed',
      'smoke passed',
      'command passed',
    ]);
    const marked = (await pathsBelow(scene.near, backupId)).filter((path) => path.includes('/tested.'));
    expect(marked).toEqual([expect.stringMatching(/tested\.\d{8}T\d{6}Z\.passed\.json$/)]);
    expect(await readingsOf(scene.near, backupId)).toEqual({ begun: 1, open: 0 });
    expect(result.evidence?.stored.toSorted()).toEqual(['near', 'next', 'offsite']);
    for (const repository of scene.plan.copies) {
      const store = await openStore(repository);
      const path = result.evidence?.path ?? '';
      const { evidence, markdown, sha256 } = await readEvidence(store, path, scene.plan.signers);
      store.close();
      expect(sha256).toBe(result.evidence?.sha256);
      expect(evidence.document).toMatchObject({ verdict: 'proven', backup: { backupId } });
      expect(markdown).toContain('# Restore test of all: passed');
      expect(markdown).not.toContain(scene.postgres.password);
    }
  });

  it('takes the copies in turn, so that each repository is proven', async () => {
    expect((await scene.test()).attempts).toMatchObject([{ repository: 'next', verdict: 'proven' }]);
    expect((await scene.test()).attempts).toMatchObject([{ repository: 'offsite', verdict: 'proven' }]);
    expect((await scene.test()).attempts).toMatchObject([{ repository: 'near', verdict: 'proven' }]);
    const tier = { name: 'critical', rpo: 86_400, rto: 0.001 };
    const late = await scene.test({}, { from: 'offsite', plan: { ...scene.plan, tier } });
    expect(late).toMatchObject({
      result: 'passed-with-exceptions',
      verdict: 'proven',
      attempts: [{ repository: 'offsite' }],
      exceptions: [expect.stringMatching(/^The RTO of 0 s is missed: the restore and its checks took \d+ s/)],
    });
  });

  it.each<[Sabotage, string, RegExp]>([
    ['row missing', 'rows', new RegExp(`table ${quotedTable}: backed up 2000 rows, restored 1999 rows`)],
    [
      'row changed',
      'checksums',
      new RegExp(`table ${quotedTable}: backed up 2000 rows with checksum .*, restored`),
    ],
    ['sequence behind', 'sequences', /sequence public\.orders_id_seq: backed up 100 or beyond, restored 5/],
    ['index invalid', 'indexes', /1 of 3 indexes are not valid after the restore: public\.orders_note/],
  ])('is failed by a %s, and names it with both numbers', async (sabotage, check, sentence) => {
    const backupId = await scene.backUp(sabotage);
    const result = await scene.test();
    expect(result).toMatchObject({ result: 'failed', verdict: 'disproven', backup: { backupId } });
    const failed = result.attempts[0]?.checks.filter(({ outcome }) => outcome === 'failed');
    // An index that is not valid counts for the comparison of schemas as none.
    expect(failed).toContainEqual({ check, outcome: 'failed', sentence: expect.stringMatching(sentence) });
    if (check !== 'indexes') expect(failed).toHaveLength(1);
    expect(result.exceptions.join(' ')).toMatch(sentence);
    // The data itself is to blame: no other copy would be better, and none is healed.
    expect(result.attempts).toHaveLength(1);
    expect(result.healed).toEqual([]);
    const repository = result.attempts[0]?.repository === 'near' ? scene.near : scene.next;
    if (result.attempts[0]?.repository !== 'offsite')
      expect((await pathsBelow(repository, backupId)).join(' ')).toMatch(
        /tested\.\d{8}T\d{6}Z\.failed\.json/,
      );
  });

  it('finds no more than a restore does, which fails by the same', async () => {
    const backupId = await scene.backUp('row missing');
    const restored = await scene.stage.execute('restore', {
      ...askFor(scene.plan, backupId),
      ...{ zone: 'fra', candidates: scene.plan.copies, keep: 0 },
    });
    expect(restored).toMatchObject({
      result: 'failed',
      differences: [{ what: `table ${quotedTable}`, expected: '2000 rows', actual: '1999 rows' }],
    });
  });

  it('is failed by smoke queries that do not answer true, and by a smoke command that fails', async () => {
    await scene.backUp();
    const command = {
      run: ['sh', '-c', 'echo "seen $PGPASSWORD and $TOKEN"; exit 3'],
      timeout: 60,
      secrets: { TOKEN: { command: ['printf', 'tok-5f1c93aa'] } },
    };
    const smoke = [
      'select count(*) > 100 from orders',
      'select id from orders',
      'select 1',
      'select null::boolean',
      'delete from orders',
      'select true; drop table orders',
      'select * from nowhere',
    ];
    const result = await scene.test({ smoke, command });
    expect(result.verdict).toBe('disproven');
    const asked = result.attempts[0]?.checks.filter(({ check }) => check === 'smoke' || check === 'command');
    expect(asked?.map(({ outcome }) => outcome)).toEqual(Array(8).fill('failed'));
    expect(asked?.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('answered false'),
      expect.stringContaining('answered 100 rows of 1 columns'),
      expect.stringContaining('answered neither true nor false'),
      expect.stringContaining('answered null'),
      expect.stringContaining('read-only transaction'),
      expect.stringContaining('multiple commands'),
      expect.stringContaining('relation "nowhere" does not exist'),
      expect.stringContaining('ended with status 3: seen [redacted] and [redacted]'),
    ]);
    expect(JSON.stringify(result)).not.toContain('tok-5f1c93aa');
  });

  it('knows nothing by a smoke query whose connection breaks off, and by a smoke command that is killed', async () => {
    const smoke = ['select pg_terminate_backend(pg_backend_pid())'];
    const command = { run: ['sh', '-c', 'kill -KILL $$'], timeout: 60, secrets: {} };
    const result = await scene.test({ smoke, command });
    expect(result).toMatchObject({ result: 'aborted', verdict: 'untested' });
    const open = result.attempts[0]?.checks.filter(({ outcome }) => outcome !== 'passed');
    expect(open?.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'smoke not-checked',
      'command not-checked',
    ]);
  });
});

describe('holdfast restore-test', () => {
  const holdfastHere = (...args: string[]) =>
    holdfast(['restore-test', ...args], {
      env: {
        TEMPORAL_ADDRESS: scene.stage.orchestra.temporal.address,
        HOLDFAST_POLICY: scene.stage.lab.policyFile,
      },
    });

  it('run says what was picked and why, every check, and where the report is; list tells of it', async () => {
    const backupId = await scene.backUp();
    const run = await holdfastHere('run', 'all', '--from', 'next', '--backup', backupId);
    expect(run.stdout).toContain(`${backupId}: it was restored, and is what was backed up`);
    expect(run.stdout).toContain(`picked     ${backupId} was asked for.`);
    expect(run.stdout).toContain('check      rows: passed. Every table has the rows');
    expect(run.stdout).toMatch(/report {5}restore-test\/\d{4}\/\d\d\/\S+-all, in near, next, offsite/);
    const listed = await holdfastHere('list', '--plan', 'all', '--json');
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.stdout).tests[0]).toMatchObject({
      repository: 'next',
      source: 'shop',
      backupId,
      plan: 'all',
      report: { path: expect.stringContaining('restore-test/') },
    });
    expect((await holdfastHere('list', '--limit', '1')).stdout).toContain('There are more; see --limit.');
  });

  it('show prints the newest report from what was signed, by its plan, its backup and its name', async () => {
    const backupId = await scene.backUp();
    const { evidence } = await scene.test({}, { choice: { kind: 'backup', backupId } });
    const path = evidence?.path ?? '';
    for (const name of ['all', backupId, path]) {
      const shown = await holdfastHere('show', name);
      expect(shown.code).toBe(0);
      expect(shown.stdout).toMatch(/^# Restore test of all: passed\n\nProven: it was restored/);
      expect(shown.stdout).toContain(`| Backup | \`${backupId}\` |`);
      expect(shown.stderr).toContain(`Signed by worker-fra: ${path} in near, SHA-256 ${evidence?.sha256}.`);
    }
    const told = JSON.parse((await holdfastHere('show', 'all', '--json')).stdout);
    expect(told).toMatchObject({ path, repository: 'near', signedBy: 'worker-fra', faults: [] });
    const kept = await readFile(join(scene.near, '_evidence', `${path}.json`), 'utf8');
    expect(told.report).toEqual(JSON.parse(kept));
  });

  it('show believes no report that was changed, or that lies under the name of another one', async () => {
    const older = (await scene.test()).evidence?.path ?? '';
    const { evidence } = await scene.test({ smoke: ['select false'] });
    const path = evidence?.path ?? '';
    const fileOf = (repository: string, name: string) => join(repository, '_evidence', `${name}.json`);
    const failed = await readFile(fileOf(scene.near, path), 'utf8');
    await writeFile(fileOf(scene.near, path), failed.replaceAll('"failed"', '"passed"'));
    for (const end of ['', '.sig'])
      await copyFile(fileOf(scene.next, older) + end, fileOf(scene.next, path) + end);
    // The text for people is not signed: whoever changes it is not heard.
    const shown = await holdfastHere('show', 'all');
    expect(shown.code).toBe(3);
    expect(shown.stdout).toMatch(/^# Restore test of all: failed\n\nDisproven/);
    expect(shown.stderr).toMatch(/near: The signature/);
    expect(shown.stderr).toContain(`next: What lies in next as ${path} is another report.`);
    expect(shown.stderr).toContain(`Signed by worker-fra: ${path} in offsite`);
  });

  it.each([
    [['show', 'al'], 2, /Did you mean "all"\?/],
    [
      ['show', '20200101T000000Z-1a2b3c4d'],
      1,
      /No repository holds a report .* `holdfast restore-test list`/,
    ],
    [['run', 'al'], 2, /Did you mean "all"\?/],
    [['run', 'all', '--from', 'nowhere'], 2, /no online copy "nowhere"/],
    [['run', 'all', '--pick', 'random'], 2, /random 30d/],
    [['run', 'all', '--pick', 'latest', '--backup', '20261121T010000Z-1a2b3c4d'], 2, /not both/],
    [['list', '--plan', 'al'], 2, /Did you mean "all"\?/],
  ])('%j gets a sentence (law 14)', async (args, code, sentence) => {
    const asked = await holdfastHere(...args);
    expect([asked.code, asked.stderr]).toEqual([code, expect.stringMatching(sentence)]);
  });
});
