import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { labBucket, labSource } from '../../tools/lab/lab.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/servers/fault-proxy.ts';
import {
  type PostgresServer,
  type S3Server,
  startPostgres,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { queryDatabase } from '../support/database.ts';
import { filesOfBackup } from '../support/files.ts';
import { failureOf, openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let postgres: PostgresServer;
let s3: S3Server;
let proxy: FaultProxy;
let policy: ResolvedPolicy;
let local: string;

beforeAll(async () => {
  [stage, postgres, s3] = await Promise.all([
    openStage(),
    startPostgres({ major: 15 }),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: true }] }),
  ]);
  proxy = await startFaultProxy(s3.endpoint);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(
    postgres,
    'shop',
    `create table orders (id bigserial primary key, total numeric not null, note text, created_at timestamptz not null);
     insert into orders (total, note, created_at)
       select i, md5(i::text), timestamptz '2026-01-01' + i * interval '1 minute' from generate_series(1, 20000) i;`,
  );
  local = await stage.lab.repositoryPath('local');
  policy = await stage.apply({
    repositories: {
      local: { kind: 'filesystem', path: local, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', {
        lock: { mode: 'governance', for: '1d' },
      }),
    },
    sources: { shop: await labSource(stage.lab, postgres, 'shop') },
    plans: {
      'shop-daily': {
        source: 'shop',
        schedule: '0 2 * * *',
        key: 'databases',
        copies: ['local', 'offsite'],
        restoreTest: { recent: { table: 'orders', column: 'created_at' } },
      },
    },
  });
});

afterAll(async () => {
  await Promise.all([stage?.close(), postgres?.stop(), proxy?.stop()]);
  await s3?.stop();
});

function plan(change: (plan: ResolvedPlan) => void = () => undefined): ResolvedPlan {
  const found = structuredClone(policy.plans['shop-daily']);
  if (found === undefined) throw new Error('the plan is gone');
  change(found);
  return found;
}

describe('a backup', () => {
  it('commits every copy, verifies deeply, and restores to the row', async () => {
    const result = await stage.execute('backup', { plan: plan() });
    expect(result).toMatchObject({ result: 'passed', tables: 1, rows: 20_000, exceptions: [], warnings: [] });
    expect(result.copies).toEqual([
      { repository: 'local', state: 'committed' },
      { repository: 'offsite', state: 'committed' },
    ]);
    const files = await filesOfBackup(local, result.backupId);
    expect(files.map((file) => file.replace(/-[0-9a-f]{6}\./, '.'))).toEqual([
      'RESTORE.md',
      'data.dump.zst.gpg',
      'fingerprint.json',
      'globals.sql.zst.gpg',
      'manifest.json',
      'manifest.json.sig',
    ]);

    const { source, signers, key, copies } = plan();
    const backup = { source: source.name, backupId: result.backupId };
    const verified = await stage.execute('verify', {
      backup,
      repositories: copies,
      signers,
      keys: [key],
      deep: true,
    });
    expect(verified.result).toBe('passed-with-exceptions');
    expect(verified.copies).toMatchObject([
      {
        repository: 'local',
        outcome: 'passed',
        signedBy: 'worker-fra',
        contents: expect.any(Number),
        sentences: [],
      },
      {
        repository: 'offsite',
        outcome: 'passed',
        sentences: [expect.stringContaining('may not open the key')],
      },
    ]);

    const restored = await stage.execute('restore', {
      backup,
      zone: 'fra',
      candidates: copies,
      signers,
      keys: [key],
      keep: 0,
    });
    expect(restored).toMatchObject({
      result: 'passed',
      repository: 'local',
      rows: 20_000,
      differences: [],
      exceptions: [],
    });

    const listed = await stage.execute('catalogue', {
      repositories: copies,
      signers,
      filter: { plan: 'shop-daily' },
      limit: 10,
    });
    expect(listed).toMatchObject({
      entries: [
        { repository: 'local', backupId: result.backupId, rows: 20_000, signedBy: 'worker-fra' },
        { repository: 'offsite', backupId: result.backupId },
      ],
      unreadable: [],
    });
  });

  it('says that one copy is missing, and why', async () => {
    const result = await stage.execute('backup', {
      plan: plan(({ copies }) => {
        for (const copy of copies) if (copy.kind === 's3') copy.bucket = 'no-such-bucket';
      }),
    });
    expect(result.result).toBe('passed-with-exceptions');
    expect(result.copies).toMatchObject([
      { repository: 'local', state: 'committed' },
      { repository: 'offsite', state: 'missing', sentence: expect.stringContaining('no-such-bucket') },
    ]);
    expect(result.exceptions).toEqual([
      expect.stringMatching(/copy in offsite is missing: .*no-such-bucket/),
    ]);
  });

  it('fills a copy that failed from the good one, without asking the source again', async () => {
    proxy.add({ method: 'PUT', path: /data-/, action: { do: 'answer', status: 403 } });
    const result = await stage.execute('backup', { plan: plan() });
    expect(result.result).toBe('passed');
    expect(result.copies).toMatchObject([
      { repository: 'local', state: 'committed' },
      {
        repository: 'offsite',
        state: 'committed',
        sentence: expect.stringContaining('Filled from a good copy'),
      },
    ]);
    const { source, signers, key, copies } = plan();
    const verified = await stage.execute('verify', {
      backup: { source: source.name, backupId: result.backupId },
      repositories: copies,
      signers,
      keys: [key],
      deep: false,
    });
    expect(verified.result).toBe('passed');
  });

  it('fails at once, with a sentence, when only a person can help', async () => {
    const wrong = await failureOf(
      stage.execute('backup', {
        plan: plan(({ source }) => {
          source.database = 'nowhere';
        }),
      }),
    );
    expect(wrong).toEqual({
      code: 'not-found',
      sentence: expect.stringContaining('has no database "nowhere"'),
    });
  });
});
