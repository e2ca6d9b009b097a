import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { freePort } from '../../tools/servers/index.ts';
import { type ServerProcess, serverProcess } from '../../tools/servers/server-process.ts';
import { toolPath } from '../../tools/servers/toolbox.ts';

/** The store of docker-compose.temporal.yml without its container: same secrets, same flags, same bucket task. */
let home: string;
let store: ServerProcess;
let endpoint: string;
const clients: S3Client[] = [];

const node = (...args: string[]) => run({ command: process.execPath, args });
const makeSecrets = () => node(resolve('tools/compose/secrets.mjs'), join(home, 'secrets'));
const createBucket = () =>
  node(
    resolve('dist/tools/compose/create-bucket.js'),
    ...[endpoint, 'holdfast', 'holdfast-writer', join(home, 'secrets', 's3-root-password')],
  );

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-compose-'));
  const [objects, versions, secrets] = ['objects', 'versions', 'secrets'].map((name) => join(home, name));
  await makeSecrets();
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  for (const directory of [objects, versions]) await mkdir(String(directory));
  store = serverProcess({
    name: 'versitygw',
    command: toolPath('versitygw'),
    args: [
      ...['--port', `127.0.0.1:${port}`, '--health', '/health', '--iam-dir', String(secrets)],
      ...['posix', '--versioning-dir', String(versions), String(objects)],
    ],
    env: {
      ROOT_ACCESS_KEY: 'root',
      ROOT_SECRET_KEY: await readFile(join(home, 'secrets', 's3-root-password'), 'utf8'),
    },
    stopSignal: 'SIGTERM',
    ready: async () => expect((await fetch(`${endpoint}/health`)).status).toBe(200),
  });
  await store.start();
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await store.stop();
  await rm(home, { recursive: true });
});

const writer = async () => {
  const text = await readFile(join(home, 'secrets', 's3-writer-credentials'), 'utf8');
  const value = (name: string) => new RegExp(`^${name} = (\\S+)$`, 'm').exec(text)?.[1] ?? '';
  const credentials = {
    accessKeyId: value('aws_access_key_id'),
    secretAccessKey: value('aws_secret_access_key'),
  };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  clients.push(client);
  return client;
};

describe('the composed store', () => {
  it('gives the worker a bucket that it can write to and not delete from', async () => {
    await createBucket();
    const client = await writer();
    const object = { Bucket: 'holdfast', Key: 'a' };
    const { VersionId } = await client.send(new PutObjectCommand({ ...object, Body: 'kept' }));
    expect(VersionId).toEqual(expect.any(String));
    const deletion = client.send(new DeleteObjectCommand({ ...object, VersionId }));
    await expect(deletion).rejects.toThrow(/denied/i);
  });

  it('is set up again without harm', async () => {
    const before = await readFile(join(home, 'secrets', 'users.json'), 'utf8');
    await makeSecrets();
    await createBucket();
    expect(await readFile(join(home, 'secrets', 'users.json'), 'utf8')).toBe(before);
  });

  it('keeps its secrets in a directory closed to others, readable inside a container', async () => {
    expect((await stat(join(home, 'secrets'))).mode & 0o777).toBe(0o700);
    for (const name of ['temporal-db-password', 's3-root-password', 'users.json', 'signing-key']) {
      expect((await stat(join(home, 'secrets', name))).mode & 0o777).toBe(0o444);
    }
  });
});
