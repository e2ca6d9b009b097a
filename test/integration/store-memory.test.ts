import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { type S3Server, startSeaweedfs } from '../../tools/servers/index.ts';
import { directoryAt } from '../support/repositories.ts';
import { inEnvironment, newBucket, repositoryAt } from './s3-fixture.ts';

const MiB = 2 ** 20;
let server: S3Server;
let directory: string;
beforeAll(async () => {
  server = await startSeaweedfs();
  directory = await mkdtemp(join(tmpdir(), 'holdfast-memory-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/**
 * Peak resident memory, in bytes, of a process that writes so many bytes into a store and reads them back: its own, and
 * not that of the process that started it, which `maxRSS` counts as well.
 */
async function peakOf(repository: ResolvedRepository, bytes: number): Promise<number> {
  const script = `
    const { readFileSync } = await import('node:fs');
    const { openStore } = await import(${JSON.stringify(resolve('dist/repository/stores/index.js'))});
    const store = await openStore(JSON.parse(process.env.REPOSITORY));
    const upload = await store.startUpload('data-' + process.pid);
    for (let sent = 0; sent < ${bytes}; sent += 65536) await upload.write(Buffer.alloc(65536, sent));
    await upload.finish();
    let read = 0;
    for await (const chunk of await store.read('data-' + process.pid)) read += chunk.length;
    if (read !== ${bytes}) throw new Error('read ' + read);
    console.log(Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024);
    process.exit(0);
  `;
  const env: Record<string, string> = { REPOSITORY: JSON.stringify(repository) };
  if (repository.kind === 's3' && repository.credentials && 'env' in repository.credentials) {
    const prefix = repository.credentials.env;
    for (const name of [`${prefix}_ACCESS_KEY_ID`, `${prefix}_SECRET_ACCESS_KEY`])
      env[name] = process.env[name] ?? '';
  }
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await run({ command: process.execPath, args, env }, { timeout: 100 });
  return Number(stdout);
}

it.each(['s3', 'filesystem'] as const)('memory of a %s store does not grow with the data', async (kind) => {
  const bucket = await newBucket(server);
  const repository: ResolvedRepository =
    kind === 's3'
      ? repositoryAt(server, bucket, server.root, { credentials: { env: inEnvironment(server.root) } })
      : directoryAt(directory);
  const small = await peakOf(repository, 100 * MiB);
  const large = await peakOf(repository, 400 * MiB);
  expect(large - small).toBeLessThan(64 * MiB);
  expect(large).toBeLessThan(300 * MiB);
});
