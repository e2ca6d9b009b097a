import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { type Lab, labBucket, labSource, openLab } from '../../tools/lab/lab.ts';
import {
  type PostgresServer,
  type S3Server,
  startPostgres,
  startSeaweedfs,
  startTemporal,
  type TemporalServer,
} from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { queryDatabase } from '../support/database.ts';
import { pathsBelow } from '../support/files.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';

let lab: Lab;
let postgres: PostgresServer;
let s3: S3Server;
let temporal: TemporalServer;
let places: Places;
let worker: Program;
let local: string;
let printed = '';
let backupId: string;

const passphrase = 'correct-horse-battery-staple-7781';
const wrongPassword = 'tr0ub4dor-and-3-9917';

beforeAll(async () => {
  [lab, postgres, s3, temporal, places] = await Promise.all([
    openLab(),
    startPostgres({ major: 15, password: 'open-sesame-forty-thieves-4402' }),
    startSeaweedfs({ buckets: [{ name: 'offsite' }] }),
    startTemporal(),
    openPlaces(),
  ]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select i from generate_series(1, 1000) i');
  local = await lab.repositoryPath('local');
  await lab.usePolicy(await sections());
  worker = startProgram(['worker', '--zone', 'fra'], {
    TEMPORAL_ADDRESS: temporal.address,
    HOLDFAST_LOG_LEVEL: 'trace',
    ...places.environment,
  });
  await worker.saying('Working');
  await play();
});

afterAll(async () => {
  await worker?.kill();
  await Promise.all([lab?.close(), postgres?.stop(), s3?.stop(), temporal?.stop(), places?.close()]);
});

async function sections(): Promise<Record<string, unknown>> {
  const [wrong, spoken] = [join(lab.directory, 'wrong'), join(lab.directory, 'spoken')];
  await writeFile(wrong, wrongPassword);
  await writeFile(spoken, passphrase);
  const shop = await labSource(lab, postgres, 'shop');
  const opens = { fra: { file: lab.encryption.privateFile } };
  const plan = { schedule: '0 2 * * *', copies: ['local', 'offsite'] };
  return {
    repositories: {
      local: { kind: 'filesystem', path: local, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket(s3, 'offsite', { zone: 'fra' }),
    },
    keys: {
      databases: { gpg: { recipients: [lab.encryption.publicFile], opens } },
      spoken: { passphrase: { fra: { file: spoken } } },
    },
    sources: { shop, locked: { ...shop, password: { file: wrong } } },
    plans: {
      shop: { ...plan, source: 'shop', key: 'databases' },
      whispered: { ...plan, source: 'shop', key: 'spoken' },
      locked: { ...plan, source: 'locked', key: 'databases' },
    },
  };
}

/** Everything that a user does with secrets behind it, also what fails. */
async function play(): Promise<void> {
  await cli(0, 'apply', '--yes');
  await cli(0, 'backup', 'run', 'shop', '--wait');
  await cli(0, 'backup', 'run', 'whispered', '--wait', '--json');
  await cli(1, 'backup', 'run', 'locked', '--wait');
  for (const plan of ['shop', 'whispered']) {
    await cli(0, 'backup', 'show', `latest:${plan}`, '--json');
    await cli(0, 'backup', 'verify', `latest:${plan}`, '--deep', '--json');
    await cli(0, 'restore', `latest:${plan}`, '--into-scratch');
  }
  await cli(3, 'doctor', '--json');
  await cli(3, 'status', '--json');
  backupId = JSON.parse((await cli(0, 'backup', 'list', '--json')).stdout).backups[0].backupId;
}

async function cli(code: number, ...args: string[]) {
  const env = { TEMPORAL_ADDRESS: temporal.address, HOLDFAST_POLICY: lab.policyFile };
  const done = await holdfast(args, { env });
  printed += done.stdout + done.stderr;
  if (done.code !== code) throw new Error(`${args.join(' ')} ended with ${done.code}: ${done.stderr}`);
  return done;
}

/** Histories, descriptions and Schedules, as they are and with every payload decoded. */
async function everythingInTemporal(): Promise<string> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const client = new Client({ connection });
    const texts: string[] = [];
    for await (const { workflowId, runId } of client.workflow.list()) {
      const handle = client.workflow.getHandle(workflowId, runId);
      texts.push(historyToJSON(await handle.fetchHistory()), JSON.stringify((await handle.describe()).raw));
    }
    for await (const { scheduleId } of client.schedule.list())
      texts.push(JSON.stringify((await client.schedule.getHandle(scheduleId).describe()).raw));
    const raw = texts.join('\n');
    const payloads = raw.match(/"data": *"[A-Za-z0-9+/=]+"/g) ?? [];
    return [raw, ...payloads.map((text) => Buffer.from(text.slice(7), 'base64').toString())].join('\n');
  } finally {
    await connection.close();
  }
}

async function everythingReadableIn(directory: string): Promise<string> {
  const paths = (await pathsBelow(directory)).filter((path) => !path.endsWith('.gpg'));
  return (await Promise.all(paths.map((path) => readFile(join(directory, path), 'utf8')))).join('\n');
}

/** What must be nowhere: whole secrets, and each line of those that have several. */
async function secrets(): Promise<string[]> {
  const keys = await Promise.all(
    [lab.signing.privateFile, lab.encryption.privateFile].map((file) => readFile(file, 'utf8')),
  );
  const lines = keys.flatMap((key) => key.split('\n')).filter((line) => line.length > 40);
  expect(lines.length).toBeGreaterThan(5);
  return [postgres.password, wrongPassword, passphrase, s3.writer.secretAccessKey, ...lines];
}

describe('law 7: no secrets in sight, from end to end', () => {
  it.each([
    ['Temporal', everythingInTemporal, () => lab.signing.privateFile],
    ['the log of the worker', async () => worker.said(), () => 'refuses to log in'],
    ['what the command line printed', async () => printed, () => backupId],
    ['manifests, fingerprints, RESTORE.md and the policy', () => everythingReadableIn(local), () => backupId],
  ])('shows none in %s', async (_place, everything, known) => {
    const text = await everything();
    // A search that looks at nothing would find nothing.
    expect(text).toContain(known());
    const found = (await secrets()).filter((secret) => text.includes(secret));
    expect(found).toEqual([]);
  });
});
