import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { ResolvedRestoreTest } from '../../policy/resolved-proof.ts';
import { openStore, readEvidence } from '../../repository/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import type { RestoreTestInput } from '../../workflows/contract-restore-test.ts';
import { pathsBelow } from '../support/files.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { processesOf } from '../support/processes.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let places: Places;
let plan: ResolvedPlan;
let backupId: string;
let near: string;

const rows = 2000;

beforeAll(async () => {
  [scene, places] = await Promise.all([
    openScene({
      zones: ['fra'],
      tables: `create table orders (id bigserial primary key, note text not null, at timestamptz not null);
        insert into orders (note, at) select md5(i::text), now() - i * interval '1 second'
          from generate_series(1, ${rows}) i`,
    }),
    openPlaces(),
  ]);
  process.env.HOLDFAST_SCRATCH_DIR = places.scratch;
  const [first, second] = await Promise.all([scene.directory('near'), scene.directory('next')]);
  near = first.path;
  await scene.apply(
    { near: first.lines, next: second.lines, offsite: scene.bucket({ zone: 'fra' }) },
    {
      all: {
        copies: ['near', 'next', 'offsite'],
        fingerprint: 'checksums',
        restoreTest: { recent: { table: 'orders', column: 'at' } },
      },
    },
  );
  plan = scene.plan('all', (each) => {
    each.tier = { name: 'critical', rpo: 86_400, rto: 3600 };
  });
  backupId = (await scene.stage.execute('backup', { plan })).backupId;
});

afterAll(async () => {
  delete process.env.HOLDFAST_SCRATCH_DIR;
  await Promise.all([scene?.close(), places?.close()]);
});

/** Law 13: whatever became of a test, nothing of it is left on this host. */
afterEach(async () => {
  await eventually(async () => {
    expect(await processesOf(places.scratch)).toEqual([]);
    expect(await readdir(places.scratch)).toEqual([]);
    expect(await readdir(scene.stage.orchestra.workRoot)).toEqual([]);
  }, 20);
});

const settings: ResolvedRestoreTest = {
  pick: { kind: 'latest' },
  zone: 'fra',
  from: ['near', 'next', 'offsite'],
  smoke: ['select count(*) > 0 from orders'],
  jobs: 1,
};

const question = (test: Partial<ResolvedRestoreTest> = {}): RestoreTestInput => ({
  plan,
  test: { ...settings, ...test },
});

describe('a restore test', () => {
  it('proves a copy with every check, and leaves a signed report and a marker beside it', async () => {
    const command = {
      run: ['sh', '-c', 'test "$PGDATABASE" = shop && psql -Atc "select 1" | grep -q 1'],
      timeout: 60,
      secrets: {},
    };
    const result = await scene.stage.execute('restoreTest', question({ command }));
    expect(result).toMatchObject({
      result: 'passed',
      verdict: 'proven',
      backup: { backupId },
      exceptions: [],
      attempts: [{ repository: 'near', verdict: 'proven', rows, tables: 1, scratchGone: true }],
      rto: { target: 3600, measured: expect.any(Number) },
      rpo: { target: 86_400, measured: expect.any(Number) },
    });
    expect(result.attempts[0]?.checks.map(({ check, outcome }) => [check, outcome])).toEqual([
      ['schema', 'passed'],
      ['rows', 'passed'],
      ['checksums', 'passed'],
      ['sequences', 'passed'],
      ['indexes', 'passed'],
      ['freshness', 'passed'],
      ['smoke', 'passed'],
      ['command', 'passed'],
    ]);
    expect(result.evidence?.stored.toSorted()).toEqual(['near', 'next', 'offsite']);
    const marker = (await pathsBelow(near, backupId)).filter((path) => path.includes('/tested.'));
    expect(marker).toEqual([expect.stringMatching(/tested\.\d{8}T\d{6}Z\.passed\.json$/)]);
    for (const repository of plan.copies) {
      const store = await openStore(repository);
      const { evidence, markdown, sha256 } = await readEvidence(
        store,
        result.evidence?.path ?? '',
        plan.signers,
      );
      store.close();
      expect(sha256).toBe(result.evidence?.sha256);
      expect(evidence.document).toMatchObject({ verdict: 'proven', backup: { backupId } });
      expect(markdown).toContain('# Restore test of all: passed');
    }
  });
});
