import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FilesystemRepository, ResolvedRepository } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { recordEvents } from '../../repository/audit/index.ts';
import { chainFolder, headsFolder, keyOfNumber } from '../../repository/audit/layout.ts';
import { openStore } from '../../repository/index.ts';
import { hasty, newBucket, repositoryAt, rootClient, serverBehindProxy } from '../integration/s3-fixture.ts';
import { chain, eventsOf, inspect, runWriter } from '../support/audit.ts';
import { makeSshKey } from '../support/keys.ts';
import { directoryAt } from '../support/repositories.ts';
import { codeOf } from '../support/store-access.ts';

const behindProxy = serverBehindProxy();
let directory: string;
let key: { publicKey: string; privateKey: string };
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-audit-'));
  key = await makeSshKey();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function newDirectory(): Promise<FilesystemRepository> {
  count += 1;
  const path = join(directory, `log-${count}`);
  await mkdir(path);
  return directoryAt(path, { name: 'log' });
}

async function newLockedBucket(): Promise<ResolvedRepository> {
  const { server } = behindProxy();
  const bucket = await newBucket(server, true);
  return repositoryAt(server, bucket, server.writer, { lock: { mode: 'governance', for: 3600 } });
}

/** Records events in this process. */
async function record(repository: ResolvedRepository, events: ReturnType<typeof eventsOf>, repeated = false) {
  const store = await openStore(repository, { s3: hasty });
  try {
    const signing = { signingKey: key.privateKey, directory, witnesses: [] };
    return await recordEvents({ store, chain, events, worker: 'fra/test/1', repeated, ...signing });
  } finally {
    store.close();
  }
}

const good = { broken: null, unvouched: [], strangers: [] };

describe.each([
  ['a directory', newDirectory],
  ['a bucket with object lock', newLockedBucket],
] as const)('an audit log in %s', (_, newRepository) => {
  it('loses nothing and breaks nowhere when two processes write at once', async () => {
    const repository = await newRepository();
    const writers = ['one', 'two'].map((name) =>
      Array.from({ length: 12 }, (_, batch) => eventsOf(`${name}/${batch}`, (batch % 3) + 1)),
    );
    const meet = { directory: await mkdtemp(join(directory, 'meet-')), writers: writers.length };
    const ended = await Promise.all(
      writers.map((batches) => runWriter({ repository, signingKey: key.privateKey, batches, meet })),
    );
    expect(ended).toEqual([true, true]);
    const found = await inspect(repository, key.publicKey);
    expect(found).toMatchObject({ ...good, entries: 48 });
    expect(found.ids.toSorted()).toEqual(
      writers
        .flat(2)
        .map(({ id }) => id)
        .toSorted(),
    );
    // Otherwise nothing was at once.
    expect(found.ids).not.toEqual(writers.flat(2).map(({ id }) => id));
  });

  it('has each event once when two attempts at the same events run beside each other', async () => {
    const repository = await newRepository();
    const events = eventsOf('twice', 10);
    // In one process, so that neither has ended before the other begins.
    await Promise.all([record(repository, events, true), record(repository, events, true)]);
    const found = await inspect(repository, key.publicKey);
    expect(found).toMatchObject({ ...good, entries: 10 });
    expect(found.ids).toEqual(events.map(({ id }) => id));
  });

  it.each([1, 2, 3, 4])(
    'is completed by the next attempt when its writer dies after %i writes',
    async (dieAfter) => {
      const repository = await newRepository();
      await record(repository, eventsOf('before', 2));
      const events = eventsOf('killed', 3);
      const task = { repository, signingKey: key.privateKey, batches: [events], dieAfter };
      expect(await runWriter(task)).toBe(false);
      expect((await inspect(repository, key.publicKey)).broken).toBeNull();
      await record(repository, eventsOf('between', 1));
      await record(repository, events, true);
      const found = await inspect(repository, key.publicKey);
      expect(found).toMatchObject({ ...good, entries: 6 });
      expect(found.ids.filter((id) => id.startsWith('killed')).toSorted()).toEqual(
        events.map(({ id }) => id),
      );
    },
  );

  it('goes on behind a gap that somebody made, and never fills it', async () => {
    const repository = await newRepository();
    await record(repository, eventsOf('first', 3));
    await removeEntry(repository, 2);
    const { last } = await record(repository, eventsOf('second', 1));
    expect(last.number).toBe(4);
    expect((await inspect(repository, key.publicKey)).broken).toMatchObject({ kind: 'deletion', number: 2 });
  });

  it('refuses to go on when its end was cut off', async () => {
    const repository = await newRepository();
    await record(repository, eventsOf('first', 1));
    await record(repository, eventsOf('second', 1));
    await removeEntry(repository, 2);
    expect(await codeOf(record(repository, eventsOf('third', 1)))).toBe('corrupt-copy');
  });
});

/** Removes an entry as somebody with every right does; in a bucket with lock that hides it behind a delete marker. */
async function removeEntry(repository: ResolvedRepository, number: number): Promise<void> {
  const key = keyOfNumber(chainFolder(chain.zone), number);
  if (repository.kind === 'filesystem') return rm(join(repository.path, key));
  const client = rootClient(behindProxy().server);
  await client.send(new DeleteObjectCommand({ Bucket: repository.bucket, Key: key }));
  client.destroy();
}

describe('a writer', () => {
  it('knows its own entry and its own head when their acknowledgement was lost', async () => {
    const { server, proxy } = behindProxy();
    const bucket = await newBucket(server);
    const repository = repositoryAt({ ...server, endpoint: proxy.endpoint }, bucket, server.writer);
    await record(repository, eventsOf('before', 1));
    for (const path of [/000000002\.json/, /heads.*000000003\.json/])
      proxy.add({ method: 'PUT', path, action: { do: 'swallow' } });
    await record(repository, eventsOf('unheard', 2));
    const found = await inspect(repository, key.publicKey);
    expect(found).toMatchObject({ ...good, entries: 3 });
    expect(found.ids).toEqual(['before/1', 'unheard/1', 'unheard/2']);
  });

  it('says that the disk is full, and has each event once when there is room again', async () => {
    const repository = await newDirectory();
    await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', repository.path] });
    try {
      const events = eventsOf('many', 40);
      expect(await codeOf(record(repository, events))).toBe('disk-full');
      await run({ command: 'mount', args: ['-o', 'remount,size=8m', repository.path] });
      await record(repository, events, true);
      const found = await inspect(repository, key.publicKey);
      expect(found).toMatchObject({ ...good, entries: 40 });
      expect(found.ids).toEqual(events.map(({ id }) => id));
    } finally {
      await run({ command: 'umount', args: ['--lazy', repository.path] });
    }
  });

  it('gives its head to the witnesses that are there, and names the one that is not', async () => {
    const [repository, there, gone] = [await newDirectory(), await newDirectory(), await newDirectory()];
    await rm(gone.path, { recursive: true });
    const stores = await Promise.all([repository, there, gone].map((each) => openStore(each)));
    const [store, ...witnesses] = stores;
    if (store === undefined) throw new Error('a store was opened');
    const { unwitnessed } = await recordEvents({
      store,
      chain,
      events: eventsOf('seen', 1),
      worker: 'fra/test/1',
      repeated: false,
      signingKey: key.privateKey,
      directory,
      witnesses: witnesses.map((witness, index) => ({
        name: `witness-${index}`,
        use: (body) => body(witness, AbortSignal.timeout(10_000)),
      })),
    });
    expect(unwitnessed).toMatchObject([
      { repository: 'witness-1', sentence: expect.stringContaining('exist') },
    ]);
    expect(await witnesses[0]?.get('_heads/fra/000000/000000001.json')).toEqual(
      await store.get(keyOfNumber(headsFolder('fra'), 1)),
    );
  });
});
