import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../policy/errors.ts';
import type { S3Repository } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import type { ProbeFinding, Store } from '../../repository/store.ts';
import {
  type FaultProxy,
  freePort,
  type S3Keys,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { bytes, codeOf, keys, readAll, upload, writeInPieces } from '../support/store-access.ts';
import { hastyStore, newBucket, repositoryAt, unfinishedUploads } from './s3-fixture.ts';

let server: S3Server;
let proxy: FaultProxy;
let bucket: string;

beforeAll(async () => {
  server = await startSeaweedfs();
  proxy = await startFaultProxy(server.endpoint);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});
beforeEach(async () => {
  proxy.clear();
  proxy.log.length = 0;
  bucket = await newBucket(server);
});

function repository(more: Partial<S3Repository> = {}, keysOf: S3Keys = server.root): S3Repository {
  return repositoryAt({ endpoint: proxy.endpoint, region: server.region }, bucket, keysOf, more);
}

const impatient = { seconds: 0.2, firstPause: 10, longestPause: 50 };
const body = randomBytes(40_000_000);
const errorXml = (code: string, message = 'no') =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

async function wholeAndAlone(key: string): Promise<void> {
  proxy.clear();
  const store = await hastyStore(repository());
  expect(Buffer.compare(await readAll(store, key), body)).toBe(0);
  expect(await keys(store, '')).toEqual([key]);
  expect(await unfinishedUploads(server, bucket)).toBe(0);
}

describe('an upload survives', () => {
  it('a service that answers 503 for a while', async () => {
    const rule = proxy.add({
      method: 'PUT',
      times: 12,
      action: { do: 'answer', status: 503, body: errorXml('SlowDown') },
    });
    await upload(await hastyStore(repository()), 'data', body);
    expect(rule.hits()).toBe(12);
    await wholeAndAlone('data');
  });

  it('a connection cut in the middle of a part, each part twice', async () => {
    const cuts = ['1', '2', '3'].map((number) =>
      proxy.add({
        query: { partNumber: new RegExp(`^${number}$`) },
        times: 2,
        action: { do: 'cut-upload', afterBytes: 1_000_000 },
      }),
    );
    await upload(await hastyStore(repository()), 'data', body);
    expect(cuts.map((cut) => cut.hits())).toEqual([2, 2, 2]);
    await wholeAndAlone('data');
  });

  it('a part whose acknowledgement is lost', async () => {
    const rule = proxy.add({ query: { partNumber: /^2$/ }, action: { do: 'swallow' } });
    await upload(await hastyStore(repository()), 'data', body);
    expect(rule.hits()).toBe(1);
    await wholeAndAlone('data');
  });

  it.each(['when-supported', 'when-required'] as const)(
    'a completion whose acknowledgement is lost, with checksums %s',
    async (checksums) => {
      const rule = proxy.add({ method: 'POST', query: { uploadId: /./ }, action: { do: 'swallow' } });
      await upload(await hastyStore(repository({ checksums })), 'data', body);
      expect(rule.hits()).toBe(1);
      await wholeAndAlone('data');
    },
  );

  it('a completion that answers 200 with an error inside', async () => {
    const rule = proxy.add({
      method: 'POST',
      query: { uploadId: /./ },
      times: 2,
      action: { do: 'answer', status: 200, body: errorXml('InternalError') },
    });
    await upload(await hastyStore(repository()), 'data', body);
    expect(rule.hits()).toBe(2);
    await wholeAndAlone('data');
  });

  it('a request that hangs', async () => {
    const rule = proxy.add({ query: { partNumber: /^2$/ }, action: { do: 'hang' } });
    await upload(await hastyStore(repository()), 'data', body);
    expect(rule.hits()).toBe(1);
    await wholeAndAlone('data');
  });

  it('a small object whose acknowledgement is lost', async () => {
    const store = await hastyStore(repository());
    proxy.add({ method: 'PUT', action: { do: 'swallow' } });
    await upload(store, 'small', bytes('small'));
    expect(Buffer.from(await readAll(store, 'small')).toString()).toBe('small');
  });
});

describe('a create-only put whose acknowledgement is lost', () => {
  it('counts as created, since what is there is what it wrote', async () => {
    const rule = proxy.add({ method: 'PUT', path: /manifest/, action: { do: 'swallow' } });
    const store = await hastyStore(repository());
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('created');
    expect(rule.hits()).toBe(1);
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('exists');
  });

  it("counts as exists when what is there is another's", async () => {
    const store = await hastyStore(repository());
    await store.putIfAbsent('manifest.json', bytes('them'));
    proxy.add({ method: 'PUT', path: /manifest/, action: { do: 'swallow' } });
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('exists');
  });
});

describe('a failing upload', () => {
  it('gives up on a service that stays unavailable, and leaves no parts', async () => {
    const store = await hastyStore(repository(), { uploads: impatient });
    proxy.add({ query: { partNumber: /^2$/ }, times: 1e6, action: { do: 'answer', status: 503 } });
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    expect(await codeOf(work)).toBe('service-unavailable');
    await started.abort();
    expect(await unfinishedUploads(server, bucket)).toBe(0);
    expect(await keys(store, '')).toEqual([]);
  });

  it.each([
    ['hang', 'stalled'],
    ['reset', 'unreachable'],
  ] as const)('that meets a %s to the end says %s', async (fault, code) => {
    const store = await hastyStore(repository(), { idle: 0.5, uploads: impatient });
    proxy.add({ query: { partNumber: /./ }, times: 1e6, action: { do: fault } });
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    expect(await codeOf(work)).toBe(code);
    await started.abort();
    expect(await unfinishedUploads(server, bucket)).toBe(0);
  });

  it('aborted by a signal while its parts hang leaves no parts', async () => {
    const controller = new AbortController();
    const store = await hastyStore(repository());
    const rule = proxy.add({ query: { partNumber: /./ }, times: 1e6, action: { do: 'hang' } });
    const started = await store.startUpload('data', controller.signal);
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    const code = codeOf(work);
    while (rule.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await code).toBe('interrupted');
    await started.abort();
    expect(await unfinishedUploads(server, bucket)).toBe(0);
  });
});

describe('a download', () => {
  it('goes on where it was cut, again and again', async () => {
    const store = await hastyStore(repository());
    await upload(store, 'data', body);
    const rule = proxy.add({
      method: 'GET',
      path: /data/,
      times: 4,
      action: { do: 'cut-download', afterBytes: 3_000_000 },
    });
    expect(Buffer.compare(await readAll(store, 'data'), body)).toBe(0);
    expect(rule.hits()).toBe(4);
  });

  it('goes on after the service went silent', async () => {
    const store = await hastyStore(repository(), { idle: 0.5 });
    await upload(store, 'data', body);
    const rule = proxy.add({
      method: 'GET',
      path: /data/,
      action: { do: 'stall-download', afterBytes: 3_000_000 },
    });
    expect(Buffer.compare(await readAll(store, 'data'), body)).toBe(0);
    expect(rule.hits()).toBe(1);
  });

  it('never mixes the bytes of two objects', async () => {
    const store = await hastyStore(repository());
    await upload(store, 'data', body);
    proxy.add({ method: 'GET', path: /data/, action: { do: 'cut-download', afterBytes: 3_000_000 } });
    const stream = await store.read('data');
    await store.remove('data');
    await upload(store, 'data', randomBytes(body.length));
    const reading = (async () => {
      for await (const _chunk of stream);
    })();
    expect(await codeOf(reading)).toBe('corrupt-copy');
  });

  it('that is cut without end gives up', async () => {
    const store = await hastyStore(repository());
    await upload(store, 'data', body);
    proxy.add({ method: 'GET', path: /data/, times: 1e6, action: { do: 'cut-download', afterBytes: 0 } });
    expect(await codeOf(readAll(store, 'data'))).toBe('unreachable');
  });
});

describe('a listing', () => {
  it('that fails on its second page throws, and gives nothing of the first', async () => {
    const store = await hastyStore(repository(), { requests: impatient });
    const names = Array.from({ length: 1050 }, (_, index) => `many/${index}`);
    for (let start = 0; start < names.length; start += 50)
      await Promise.all(names.slice(start, start + 50).map((key) => store.putIfAbsent(key, bytes('x'))));
    proxy.add({ query: { 'continuation-token': /./ }, times: 1e6, action: { do: 'answer', status: 500 } });
    expect(await codeOf(keys(store, 'many/'))).toBe('service-unavailable');
    let seen = 0;
    const counting = (async () => {
      for await (const _object of store.list('many/')) seen += 1;
    })();
    await counting.catch(() => undefined);
    expect(seen).toBe(0);
  });

  it('whose pages repeat throws', async () => {
    const page = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>true</IsTruncated>
      <NextContinuationToken>again</NextContinuationToken></ListBucketResult>`;
    proxy.add({
      query: { 'list-type': /2/ },
      times: 1e6,
      action: { do: 'answer', status: 200, body: page },
    });
    expect(await codeOf(keys(await hastyStore(repository()), ''))).toBe('service-unavailable');
  });
});

describe('credentials', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const profile = (keysOf: S3Keys) =>
    `[default]\naws_access_key_id = ${keysOf.accessKeyId}\naws_secret_access_key = ${keysOf.secretAccessKey}\n`;

  function expire(keysOf: S3Keys) {
    return proxy.add({
      headers: { authorization: new RegExp(keysOf.accessKeyId) },
      skip: 2,
      times: 1e6,
      action: { do: 'answer', status: 400, body: errorXml('ExpiredToken', 'The token has expired.') },
    });
  }

  it('that expire during an upload are read again once they were renewed', async () => {
    const file = join(directory, 'rotated');
    await writeFile(file, profile(server.writer));
    const store = await hastyStore(repository({ credentials: { file } }));
    const rule = expire(server.writer);
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    while (rule.hits() < 3) await new Promise((resolve) => setImmediate(resolve));
    await writeFile(file, profile(server.root));
    expect(await work).toMatchObject({ bytes: body.length });
    await wholeAndAlone('data');
  });

  it('that were renewed for one request are news to another that still used the old ones', async () => {
    const file = join(directory, 'revoked');
    await writeFile(file, profile(server.writer));
    const store = await hastyStore(repository({ credentials: { file } }));
    expect(await store.head('warm')).toBeNull();
    const revoked = { do: 'answer', status: 403, body: errorXml('InvalidAccessKeyId') } as const;
    const headers = { authorization: new RegExp(server.writer.accessKeyId) };
    let firstIsDone = () => {};
    const after = new Promise<void>((resolve) => {
      firstIsDone = resolve;
    });
    proxy.add({ headers, path: /first/, action: revoked });
    const late = proxy.add({ headers, path: /second/, action: { ...revoked, after } });
    const second = store.putIfAbsent('second', bytes('2'));
    while (late.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
    await writeFile(file, profile(server.root));
    expect(await store.putIfAbsent('first', bytes('1'))).toBe('created');
    firstIsDone();
    expect(await second).toBe('created');
  });

  it('that stay expired say so', async () => {
    const file = join(directory, 'expired');
    await writeFile(file, profile(server.writer));
    const store = await hastyStore(repository({ credentials: { file } }), { uploads: impatient });
    expire(server.writer);
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    await expect(work).rejects.toMatchObject({
      code: 'credentials-expired',
      hint: expect.stringMatching(/Renew/),
    });
    await started.abort();
  });

  it('may come from a process', async () => {
    const file = join(directory, 'process.json');
    const { accessKeyId, secretAccessKey } = server.root;
    await writeFile(
      file,
      JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
    );
    const store = await hastyStore(repository({ credentials: { command: ['cat', file] } }));
    expect(await store.putIfAbsent('a', bytes('a'))).toBe('created');
  });

  it('that are wrong fail at once, without the secret in any error', async () => {
    const secret = 'not-the-secret-0123456789';
    const wrongSecret = repository({}, { accessKeyId: server.root.accessKeyId, secretAccessKey: secret });
    const unknownKey = repository({}, { accessKeyId: 'AKIANOBODY', secretAccessKey: secret });
    for (const wrong of [wrongSecret, unknownKey]) {
      const store = await hastyStore(wrong);
      const error = await store.putIfAbsent('a', bytes('a')).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(HoldfastError);
      expect(error).toMatchObject({
        code: 'authentication-failed',
        hint: expect.stringMatching(/access key/),
      });
      expect(everythingOf(error)).not.toContain(secret);
    }
    expect(proxy.log.filter((line) => line.startsWith('PUT'))).toHaveLength(2);
  });

  it('that a service repeats in its answer are taken out of the error', async () => {
    const store = await hastyStore(repository());
    proxy.add({
      method: 'PUT',
      action: {
        do: 'answer',
        status: 400,
        body: errorXml('Strange', `you sent ${server.root.secretAccessKey}`),
      },
    });
    const error = await store.putIfAbsent('a', bytes('a')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(/you sent \*\*\*/) });
    expect(everythingOf(error)).not.toContain(server.root.secretAccessKey);
  });

  it('that are not there name the place', async () => {
    const store = await hastyStore(repository({ credentials: { env: 'HOLDFAST_NOT_SET' } }));
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'bad-key',
      hint: expect.stringMatching(/HOLDFAST_NOT_SET_ACCESS_KEY_ID/),
    });
  });
});

describe('a sentence for', () => {
  it('a bucket that is not there', async () => {
    bucket = 'nowhere';
    const store = await hastyStore(repository());
    const expected = { code: 'not-found', message: expect.stringMatching(/no bucket nowhere/) };
    await expect(keys(store, '')).rejects.toMatchObject(expected);
    await expect(store.putIfAbsent('a', bytes('a'))).rejects.toMatchObject(expected);
    await expect(store.read('a')).rejects.toMatchObject(expected);
    expect(await store.probe()).toMatchObject([{ check: 'reachable', fault: true }]);
  });

  it('a service that is not there', async () => {
    const gone = { endpoint: `http://127.0.0.1:${await freePort()}`, region: 'us-east-1' };
    const store = await hastyStore(repositoryAt(gone, 'b', server.root), { requests: impatient });
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringMatching(/endpoint/),
    });
  });

  it('an endpoint that does not speak TLS', async () => {
    const endpoint = proxy.endpoint.replace('http:', 'https:');
    const store = await hastyStore(repositoryAt({ endpoint, region: 'us-east-1' }, 'b', server.root));
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/TLS/),
    });
  });

  it('a certificate that nobody vouches for, and none when its authority is named', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
    const [key, caFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const names = ['-subj', '/CN=store', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', caFile];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1'];
    await run({ command: 'openssl', args: [...request, ...names, ...files] });
    const service = createServer(
      { key: await readFile(key), cert: await readFile(caFile) },
      (_asked, answer) => {
        answer.writeHead(404).end();
      },
    );
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    try {
      const address = service.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const at = { endpoint: `https://127.0.0.1:${port}`, region: 'us-east-1' };
      const stranger = await hastyStore(repositoryAt(at, 'b', server.root));
      await expect(stranger.head('a')).rejects.toMatchObject({
        code: 'unreachable',
        hint: expect.stringMatching(/caFile/),
      });
      const known = await hastyStore(repositoryAt(at, 'b', server.root, { caFile }));
      expect(await known.head('a')).toBeNull();
      known.close();
      expect(await codeOf(hastyStore(repositoryAt(at, 'b', server.root, { caFile: '/none' })))).toBe(
        'bad-policy',
      );
    } finally {
      service.closeAllConnections();
      service.close();
      await rm(directory, { recursive: true });
    }
  });

  it('a service whose answer is none of S3', async () => {
    proxy.add({ times: 1e6, action: { do: 'answer', status: 200, body: '<html>Welcome</html>' } });
    const store = await hastyStore(repository(), { requests: impatient });
    expect(await codeOf(keys(store, ''))).toBe('service-unavailable');
    expect(await codeOf(store.listFolders(''))).toBe('service-unavailable');
  });

  it('a right that is missing', async () => {
    const store = await hastyStore(repository({}, server.writer));
    await store.putIfAbsent('a', bytes('a'));
    await expect(store.remove('a')).rejects.toMatchObject({
      code: 'access-denied',
      hint: expect.stringMatching(/s3-worker-policy/),
    });
  });

  it('a store that has no create-only writes', async () => {
    proxy.add({
      headers: { 'if-none-match': /\*/ },
      times: 1e6,
      action: { do: 'answer', status: 501, body: errorXml('NotImplemented') },
    });
    const store = await hastyStore(repository());
    expect(await codeOf(store.putIfAbsent('a', bytes('a')))).toBe('bad-policy');
    // Data does without: its keys are unique, and it looks before it completes.
    await upload(store, 'data', body);
  });
});

describe('a store that misbehaves', () => {
  async function finding(store: Store, check: ProbeFinding['check']): Promise<ProbeFinding | undefined> {
    return (await store.probe()).find((each) => each.check === check);
  }

  it('by replacing objects is found by the probe', async () => {
    proxy.add({ method: 'PUT', skip: 1, action: { do: 'answer', status: 200 } });
    expect(await finding(await hastyStore(repository()), 'create-only')).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringMatching(/If-None-Match/),
    });
  });

  it('by deleting what is locked is found by the probe', async () => {
    bucket = await newBucket(server, true);
    proxy.add({ method: 'DELETE', action: { do: 'answer', status: 204 } });
    const store = await hastyStore(repository({ lock: { mode: 'compliance', for: 3600 } }));
    expect(await finding(store, 'lock')).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringMatching(/object lock/),
    });
  });

  it('by giving other bytes back is found by the probe', async () => {
    proxy.add({ method: 'GET', path: /_probe/, action: { do: 'answer', status: 200, body: 'other' } });
    expect(await finding(await hastyStore(repository()), 'read-back')).toMatchObject({ fault: true });
  });

  it.each([
    ['small', 100, 0],
    ['large', body.length, 1],
  ])('by storing a %s object other than it was sent fails the upload', async (_size, length, skip) => {
    proxy.add({ method: 'HEAD', skip, action: { do: 'answer', status: 200 } });
    const store = await hastyStore(repository());
    expect(await codeOf(upload(store, 'data', body.subarray(0, length)))).toBe('corrupt-copy');
  });
});

/** All that a logger could print of an error. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, JSON.stringify(error), error.stack, everythingOf(error.cause)].join('\n');
}
