import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { makeEncryptionKey } from '../../tools/lab/keys.ts';
import { eventually, type FaultProxy } from '../../tools/servers/index.ts';
import { unfinishedUploads } from '../integration/s3-fixture.ts';
import { queryDatabase } from '../support/database.ts';
import { filesOfBackup, pathsBelow } from '../support/files.ts';
import { processesOf } from '../support/processes.ts';
import { askFor, manyBytes, manyRows, openScene, type Scene } from '../support/scene.ts';
import { failureOf, type Stage } from '../support/stage.ts';

let scene: Scene;
let stage: Stage;
let proxy: FaultProxy;
let local: string;
let small: string;

const strangerKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqvEqnKCbYgXbTyHvMkvzaXQ/0kc1dX8LXzMOsD0wL5';

beforeAll(async () => {
  scene = await openScene({ tables: manyBytes });
  ({ stage, proxy } = scene);
  const [roomy, cramped] = await Promise.all([scene.directory('local'), scene.directory('small')]);
  [local, small] = [roomy.path, cramped.path];
  await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', small] });
  await scene.apply(
    { local: roomy.lines, small: cramped.lines, offsite: scene.bucket() },
    { both: { copies: ['local', 'offsite'] }, cramped: { copies: ['small', 'local'] } },
  );
});

afterAll(async () => {
  await run({ command: 'umount', args: ['--lazy', small] }, { okExitCodes: [0, 32] });
  await scene?.close();
});

afterEach(async () => {
  proxy.clear();
  await eventually(async () => {
    expect(await processesOf(stage.orchestra.workRoot)).toEqual([]);
    expect(await readdir(stage.orchestra.workRoot)).toEqual([]);
  }, 30);
});

const startMidway = (change?: (plan: ResolvedPlan) => void) => scene.startMidway(scene.plan('both', change));

const unfinished = () => unfinishedUploads(scene.s3, 'offsite');

const nothingVisible = async (before: string[]) => {
  expect(await pathsBelow(local)).toEqual(before);
  await eventually(async () => expect(await unfinished()).toBe(0), 30);
};

describe('a backup that is hit midway', () => {
  it('starts its dump again when pg_dump is killed, and leaves one whole backup', async () => {
    const handle = await startMidway();
    const dumping = (await processesOf(stage.orchestra.workRoot)).filter(({ command }) =>
      command.endsWith('pg_dump'),
    );
    expect(dumping).toHaveLength(1);
    for (const { pid } of dumping) process.kill(pid, 'SIGKILL');
    proxy.clear();
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed', rows: manyRows });
    expect(await filesOfBackup(local, result.backupId)).toHaveLength(6);
    expect(await unfinished()).toBe(0);
    // What the killed pg_dump gave would make such a backup too, and only a restore would tell.
    const plan = scene.plan('both');
    const where = { zone: 'fra', candidates: plan.copies, keep: 0 };
    const restored = await stage.execute('restore', { ...askFor(plan, result.backupId), ...where });
    expect(restored).toMatchObject({ result: 'passed', repository: 'local', differences: [] });
  });

  it('ends a dump that hangs as soon as its fingerprint has failed', async () => {
    const before = await pathsBelow(local);
    proxy.add({ method: 'PUT', path: /data-/, times: 20, action: { do: 'hang' } });
    const handle = await stage.start('backup', {
      plan: scene.plan('both', (each) => {
        each.recent = { table: 'no such table', column: 'at' };
        each.stall = 3600;
      }),
    });
    expect((await failureOf(handle.result())).sentence).toContain('no such table');
    await nothingVisible(before);
  });

  it('ends with all its processes when it is cancelled, and nothing of it is visible', async () => {
    const before = await pathsBelow(local);
    const handle = await startMidway();
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await nothingVisible(before);
  });

  it('ends at its deadline with a sentence, and nothing of it is visible', async () => {
    const before = await pathsBelow(local);
    const handle = await startMidway(({ schedule }) => {
      schedule.deadline = 6;
    });
    expect(await failureOf(handle.result())).toEqual({
      code: 'stalled',
      sentence: expect.stringContaining('deadline of 6 seconds'),
    });
    await nothingVisible(before);
  });

  it('goes on after Temporal was restarted', async () => {
    const handle = await startMidway();
    await stage.orchestra.temporal.restart();
    proxy.clear();
    const result = await handle.result();
    expect(result).toMatchObject({ result: expect.stringMatching(/^passed/), rows: manyRows });
    expect(result.copies[0]).toMatchObject({ repository: 'local', state: 'committed' });
  });

  it('lets a DROP TABLE wait, and holds what the snapshot showed', async () => {
    await queryDatabase(
      scene.postgres,
      'shop',
      'create table doomed as select i from generate_series(1, 500) i',
    );
    const handle = await startMidway();
    // One that comes before the fingerprint has counted makes the attempt start again.
    const scans = `select seq_scan from pg_stat_user_tables where relname = 'doomed'`;
    const counted = `do $$ begin assert (${scans}) > 0; end $$`;
    await eventually(() => queryDatabase(scene.postgres, 'shop', counted), 60);
    const dropped = queryDatabase(scene.postgres, 'shop', 'drop table doomed; create table newcomer (i int)');
    proxy.clear();
    const result = await handle.result();
    await dropped;
    expect(result).toMatchObject({ tables: 2, rows: manyRows + 500 });
    await queryDatabase(scene.postgres, 'shop', 'drop table newcomer');
  });

  it('goes on without the repository whose disk is full, and says so', async () => {
    const result = await stage.execute('backup', { plan: scene.plan('cramped') });
    expect(result.result).toBe('passed-with-exceptions');
    expect(result.copies).toMatchObject([
      { repository: 'small', state: 'missing', sentence: expect.stringMatching(/full|space/i) },
      { repository: 'local', state: 'committed' },
    ]);
    expect(
      (await pathsBelow(small)).filter((path) => path.includes('data-') || path.includes('.part')),
    ).toEqual([]);
  });
});

describe('a backup that only a person can mend', () => {
  const fails = (change: (plan: ResolvedPlan) => void) =>
    failureOf(stage.execute('backup', { plan: scene.plan('both', change) }));

  it('names the wrong password without showing it', async () => {
    const file = join(stage.lab.directory, 'wrong');
    await writeFile(file, 'not-the-password-7f3a');
    const failure = await fails(({ source }) => {
      source.password = { file };
    });
    expect(failure).toEqual({
      code: 'authentication-failed',
      sentence: expect.stringContaining('refuses to log in'),
    });
    expect(failure.sentence).not.toContain('7f3a');
  });

  it('names the secret that is missing, and where it was looked for', async () => {
    const failure = await fails(({ source }) => {
      source.password = { file: '/nowhere/shop' };
    });
    expect(failure).toEqual({ code: 'bad-key', sentence: expect.stringContaining('/nowhere/shop') });
  });

  it('names the encryption key that has expired, and the day', async () => {
    const expired = await makeEncryptionKey(stage.lab.directory, 'expired', 'seconds=1');
    const armored = await readFile(expired.publicFile, 'utf8');
    await eventually(async () => {
      const failure = await fails(({ key }) => {
        if (key.kind === 'gpg') key.recipients = [armored];
      });
      expect(failure).toEqual({ code: 'bad-key', sentence: expect.stringMatching(/expired/) });
    }, 30);
  });

  it('names the signing key that is missing', async () => {
    const failure = await fails((each) => {
      each.signingKeys = { fra: { file: '/nowhere/signing' } };
    });
    expect(failure).toEqual({ code: 'bad-key', sentence: expect.stringContaining('/nowhere/signing') });
  });

  it('finds out before the dump that nobody trusts the signing key', async () => {
    const before = await pathsBelow(local);
    const failure = await fails((each) => {
      each.signers = [{ name: 'stranger', publicKey: strangerKey }];
    });
    expect(failure.code).toBe('untrusted-signature');
    expect(await pathsBelow(local)).toEqual(before);
  });
});
