import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { filesOfBackup } from '../support/files.ts';
import { askFor, openScene, type Scene } from '../support/scene.ts';
import { failureOf } from '../support/stage.ts';

let scene: Scene;
let local: string;

beforeAll(async () => {
  scene = await openScene({
    lock: true,
    tables: `create table orders (id bigserial primary key, total numeric not null, note text, created_at timestamptz not null);
      insert into orders (total, note, created_at)
        select i, md5(i::text), timestamptz '2026-01-01' + i * interval '1 minute' from generate_series(1, 20000) i;`,
  });
  const directory = await scene.directory('local');
  local = directory.path;
  await scene.apply(
    { local: directory.lines, offsite: scene.bucket({ lock: { mode: 'governance', for: '1d' } }) },
    {
      'shop-daily': {
        copies: ['local', 'offsite'],
        restoreTest: { recent: { table: 'orders', column: 'created_at' } },
      },
    },
  );
});

afterAll(() => scene?.close());

const plan = (change?: (plan: ResolvedPlan) => void) => scene.plan('shop-daily', change);

describe('a backup', () => {
  it('commits every copy, verifies deeply, and restores to the row', async () => {
    const result = await scene.stage.execute('backup', { plan: plan() });
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

    const { signers, copies } = plan();
    const question = askFor(plan(), result.backupId);
    const verified = await scene.stage.execute('verify', { ...question, repositories: copies, deep: true });
    expect(verified.result).toBe('passed-with-exceptions');
    expect(verified.copies).toMatchObject([
      {
        repository: 'local',
        outcome: 'passed',
        signedBy: 'worker-fra',
        contents: expect.any(Number),
        serviceChecksums: 0,
        sentences: [],
      },
      {
        repository: 'offsite',
        outcome: 'passed',
        serviceChecksums: 3,
        sentences: [expect.stringContaining('may not open the key')],
      },
    ]);

    const restored = await scene.stage.execute('restore', {
      ...question,
      zone: 'fra',
      candidates: copies,
      keep: 0,
    });
    expect(restored).toMatchObject({
      result: 'passed',
      repository: 'local',
      rows: 20_000,
      differences: [],
      exceptions: [],
    });

    const listed = await scene.stage.execute('catalogue', {
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
    const result = await scene.stage.execute('backup', {
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
    scene.proxy.add({ method: 'PUT', path: /data-/, action: { do: 'answer', status: 403 } });
    const result = await scene.stage.execute('backup', { plan: plan() });
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
    const question = {
      backup: { source: source.name, backupId: result.backupId },
      repositories: copies,
      signers,
      keys: [key],
      deep: false,
    };
    const verified = await scene.stage.execute('verify', question);
    expect(verified).toMatchObject({ result: 'passed', copies: [{}, { serviceChecksums: 3 }] });

    const headers = { 'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64') };
    const action = { do: 'set-headers', headers } as const;
    scene.proxy.add({ method: 'HEAD', path: /data-/, times: 10, action });
    const lied = await scene.stage.execute('verify', question);
    scene.proxy.clear();
    expect(lied).toMatchObject({
      result: 'failed',
      copies: [
        { outcome: 'passed' },
        { outcome: 'failed', sentences: [expect.stringContaining('its service keeps the checksum')] },
      ],
    });
  });

  it('fails at once, with a sentence, when only a person can help', async () => {
    const wrong = await failureOf(
      scene.stage.execute('backup', {
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
