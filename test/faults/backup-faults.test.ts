import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { makeEncryptionKey } from '../../tools/lab/keys.ts';
import { labBucket, labSource } from '../../tools/lab/lab.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/servers/fault-proxy.ts';
import {
  eventually,
  type PostgresServer,
  type S3Server,
  startPostgres,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { queryDatabase } from '../support/database.ts';
import { filesOfBackup, pathsBelow } from '../support/files.ts';
import { processesOf } from '../support/processes.ts';
import { failureOf, openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let postgres: PostgresServer;
let s3: S3Server;
let proxy: FaultProxy;
let policy: ResolvedPolicy;
let local: string;
let small: string;

const strangerKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqvEqnKCbYgXbTyHvMkvzaXQ/0kc1dX8LXzMOsD0wL5';

/** More than what may be on its way to a bucket at once: an upload that hangs holds up the dump. */
const rows = 60_000;

beforeAll(async () => {
  [stage, postgres, s3] = await Promise.all([
    openStage(),
    startPostgres({ major: 15 }),
    startSeaweedfs({ buckets: [{ name: 'offsite' }] }),
  ]);
  proxy = await startFaultProxy(s3.endpoint);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(
    postgres,
    'shop',
    `create extension pgcrypto;
     create table blobs (id bigserial primary key, body bytea not null);
     alter table blobs alter body set storage external;
     insert into blobs (body) select gen_random_bytes(1024) || gen_random_bytes(1024) from generate_series(1, ${rows});`,
  );
  [local, small] = await Promise.all([stage.lab.repositoryPath('local'), stage.lab.repositoryPath('small')]);
  await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', small] });
  policy = await stage.apply({
    repositories: {
      local: { kind: 'filesystem', path: local, zone: 'fra', keepFree: '1MiB' },
      small: { kind: 'filesystem', path: small, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite'),
    },
    sources: { shop: await labSource(stage.lab, postgres, 'shop') },
    plans: {
      both: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] },
      cramped: { source: 'shop', schedule: '0 3 * * *', key: 'databases', copies: ['small', 'local'] },
    },
  });
});

afterAll(async () => {
  await run({ command: 'umount', args: ['--lazy', small] }, { okExitCodes: [0, 32] });
  await Promise.all([stage?.close(), postgres?.stop(), proxy?.stop()]);
  await s3?.stop();
});

afterEach(async () => {
  proxy.clear();
  await eventually(async () => {
    expect(await processesOf(stage.orchestra.workRoot)).toEqual([]);
    expect(await readdir(stage.orchestra.workRoot)).toEqual([]);
  }, 30);
});

function plan(name: string, change: (plan: ResolvedPlan) => void = () => undefined): ResolvedPlan {
  const found = structuredClone(policy.plans[name]);
  if (found === undefined) throw new Error(`no plan ${name}`);
  change(found);
  return found;
}

/** Starts a backup and waits until its upload hangs: the dump is then midway, and stays so. */
async function startMidway(change?: (plan: ResolvedPlan) => void) {
  const rule = proxy.add({ method: 'PUT', path: /data-/, times: 20, action: { do: 'hang' } });
  const handle = await stage.start('backup', { plan: plan('both', change) });
  await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
  return handle;
}

async function unfinishedUploads(): Promise<number> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: s3.root,
    forcePathStyle: true,
  });
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'offsite' }));
  client.destroy();
  return Uploads?.length ?? 0;
}

const nothingVisible = async (before: string[]) => {
  expect(await pathsBelow(local)).toEqual(before);
  await eventually(async () => expect(await unfinishedUploads()).toBe(0), 30);
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
    expect(result).toMatchObject({ result: 'passed', rows });
    expect(await filesOfBackup(local, result.backupId)).toHaveLength(6);
    expect(await unfinishedUploads()).toBe(0);
  });

  it('ends a dump that hangs as soon as its fingerprint has failed', async () => {
    const before = await pathsBelow(local);
    proxy.add({ method: 'PUT', path: /data-/, times: 20, action: { do: 'hang' } });
    const handle = await stage.start('backup', {
      plan: plan('both', (each) => {
        each.recent = { table: 'no such table', column: 'at' };
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
    expect(result).toMatchObject({ result: expect.stringMatching(/^passed/), rows });
    expect(result.copies[0]).toMatchObject({ repository: 'local', state: 'committed' });
  });

  it('lets a DROP TABLE wait, and holds what the snapshot showed', async () => {
    await queryDatabase(postgres, 'shop', 'create table doomed as select i from generate_series(1, 500) i');
    const handle = await startMidway();
    const dropped = queryDatabase(postgres, 'shop', 'drop table doomed; create table newcomer (i int)');
    proxy.clear();
    const result = await handle.result();
    await dropped;
    expect(result).toMatchObject({ tables: 2, rows: rows + 500 });
    await queryDatabase(postgres, 'shop', 'drop table newcomer');
  });

  it('goes on without the repository whose disk is full, and says so', async () => {
    const result = await stage.execute('backup', { plan: plan('cramped') });
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
    failureOf(stage.execute('backup', { plan: plan('both', change) }));

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
