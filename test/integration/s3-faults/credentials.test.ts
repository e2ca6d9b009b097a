import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import type { S3Keys } from '../../../tools/servers/index.ts';
import { bytes, writeInPieces } from '../../support/store-access.ts';
import { errorXml, hastyStore } from '../s3-fixture.ts';
import { body, faultyBucket, impatient } from './fixture.ts';

const s3 = faultyBucket();

describe('credentials', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const profile = (keysOf: S3Keys) =>
    `[default]\naws_access_key_id = ${keysOf.accessKeyId}\naws_secret_access_key = ${keysOf.secretAccessKey}\n`;

  function expire(keysOf: S3Keys) {
    return s3.proxy.add({
      headers: { authorization: new RegExp(keysOf.accessKeyId) },
      skip: 2,
      times: 1e6,
      action: { do: 'answer', status: 400, body: errorXml('ExpiredToken', 'The token has expired.') },
    });
  }

  it('that expire during an upload are read again once they were renewed', async () => {
    const file = join(directory, 'rotated');
    await writeFile(file, profile(s3.server.writer));
    const store = await hastyStore(s3.repository({ credentials: { file } }));
    const rule = expire(s3.server.writer);
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    while (rule.hits() < 3) await new Promise((resolve) => setImmediate(resolve));
    await writeFile(file, profile(s3.server.root));
    expect(await work).toMatchObject({ bytes: body.length });
    await s3.wholeAndAlone('data');
  });

  it('that were renewed for one request are news to another that still used the old ones', async () => {
    const file = join(directory, 'revoked');
    await writeFile(file, profile(s3.server.writer));
    const store = await hastyStore(s3.repository({ credentials: { file } }));
    expect(await store.head('warm')).toBeNull();
    const revoked = { do: 'answer', status: 403, body: errorXml('InvalidAccessKeyId') } as const;
    const headers = { authorization: new RegExp(s3.server.writer.accessKeyId) };
    let firstIsDone = () => {};
    const after = new Promise<void>((resolve) => {
      firstIsDone = resolve;
    });
    s3.proxy.add({ headers, path: /first/, action: revoked });
    const late = s3.proxy.add({ headers, path: /second/, action: { ...revoked, after } });
    const second = store.putIfAbsent('second', bytes('2'));
    while (late.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
    await writeFile(file, profile(s3.server.root));
    expect(await store.putIfAbsent('first', bytes('1'))).toBe('created');
    firstIsDone();
    expect(await second).toBe('created');
  });

  it('that stay expired say so', async () => {
    const file = join(directory, 'expired');
    await writeFile(file, profile(s3.server.writer));
    const store = await hastyStore(s3.repository({ credentials: { file } }), { uploads: impatient });
    expire(s3.server.writer);
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
    const { accessKeyId, secretAccessKey } = s3.server.root;
    await writeFile(
      file,
      JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
    );
    const store = await hastyStore(s3.repository({ credentials: { command: ['cat', file] } }));
    expect(await store.putIfAbsent('a', bytes('a'))).toBe('created');
  });

  it('that are wrong fail at once, without the secret in any error', async () => {
    const secret = 'not-the-secret-0123456789';
    const wrongSecret = s3.repository(
      {},
      { accessKeyId: s3.server.root.accessKeyId, secretAccessKey: secret },
    );
    const unknownKey = s3.repository({}, { accessKeyId: 'AKIANOBODY', secretAccessKey: secret });
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
    expect(s3.proxy.log.filter((line) => line.startsWith('PUT'))).toHaveLength(2);
  });

  it('that a service repeats in its answer are taken out of the error', async () => {
    const store = await hastyStore(s3.repository());
    s3.proxy.add({
      method: 'PUT',
      action: {
        do: 'answer',
        status: 400,
        body: errorXml('Strange', `you sent ${s3.server.root.secretAccessKey}`),
      },
    });
    const error = await store.putIfAbsent('a', bytes('a')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(/you sent \*\*\*/) });
    expect(everythingOf(error)).not.toContain(s3.server.root.secretAccessKey);
  });

  it('that are not there name the place', async () => {
    const store = await hastyStore(s3.repository({ credentials: { env: 'HOLDFAST_NOT_SET' } }));
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'bad-key',
      hint: expect.stringMatching(/HOLDFAST_NOT_SET_ACCESS_KEY_ID/),
    });
  });
});

/** All that a logger could print of an error. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, JSON.stringify(error), error.stack, everythingOf(error.cause)].join('\n');
}
