import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, keys, readAll, upload, writeInPieces } from '../../support/store-access.ts';
import { errorXml, hastyStore, unfinishedUploads } from '../s3-fixture.ts';
import { body, faultyBucket, impatient } from './fixture.ts';

const s3 = faultyBucket();

describe('an upload survives', () => {
  it('a service that answers 503 for a while', async () => {
    const rule = s3.proxy.add({
      method: 'PUT',
      times: 12,
      action: { do: 'answer', status: 503, body: errorXml('SlowDown') },
    });
    await upload(await hastyStore(s3.repository()), 'data', body);
    expect(rule.hits()).toBe(12);
    await s3.wholeAndAlone('data');
  });

  it('a connection cut in the middle of a part, each part twice', async () => {
    const cuts = ['1', '2', '3'].map((number) =>
      s3.proxy.add({
        query: { partNumber: new RegExp(`^${number}$`) },
        times: 2,
        action: { do: 'cut-upload', afterBytes: 1_000_000 },
      }),
    );
    await upload(await hastyStore(s3.repository()), 'data', body);
    expect(cuts.map((cut) => cut.hits())).toEqual([2, 2, 2]);
    await s3.wholeAndAlone('data');
  });

  it('a part whose acknowledgement is lost', async () => {
    const rule = s3.proxy.add({ query: { partNumber: /^2$/ }, action: { do: 'swallow' } });
    await upload(await hastyStore(s3.repository()), 'data', body);
    expect(rule.hits()).toBe(1);
    await s3.wholeAndAlone('data');
  });

  it.each(['when-supported', 'when-required'] as const)(
    'a completion whose acknowledgement is lost, with checksums %s',
    async (checksums) => {
      const rule = s3.proxy.add({ method: 'POST', query: { uploadId: /./ }, action: { do: 'swallow' } });
      await upload(await hastyStore(s3.repository({ checksums })), 'data', body);
      expect(rule.hits()).toBe(1);
      await s3.wholeAndAlone('data');
    },
  );

  it('a completion that answers 200 with an error inside', async () => {
    const rule = s3.proxy.add({
      method: 'POST',
      query: { uploadId: /./ },
      times: 2,
      action: { do: 'answer', status: 200, body: errorXml('InternalError') },
    });
    await upload(await hastyStore(s3.repository()), 'data', body);
    expect(rule.hits()).toBe(2);
    await s3.wholeAndAlone('data');
  });

  it('a request that hangs', async () => {
    const rule = s3.proxy.add({ query: { partNumber: /^2$/ }, action: { do: 'hang' } });
    await upload(await hastyStore(s3.repository()), 'data', body);
    expect(rule.hits()).toBe(1);
    await s3.wholeAndAlone('data');
  });

  it('a small object whose acknowledgement is lost', async () => {
    const store = await hastyStore(s3.repository());
    s3.proxy.add({ method: 'PUT', action: { do: 'swallow' } });
    await upload(store, 'small', bytes('small'));
    expect(Buffer.from(await readAll(store, 'small')).toString()).toBe('small');
  });
});

describe('a create-only put whose acknowledgement is lost', () => {
  it('counts as created, since what is there is what it wrote', async () => {
    const rule = s3.proxy.add({ method: 'PUT', path: /manifest/, action: { do: 'swallow' } });
    const store = await hastyStore(s3.repository());
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('created');
    expect(rule.hits()).toBe(1);
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('exists');
  });

  it("counts as exists when what is there is another's", async () => {
    const store = await hastyStore(s3.repository());
    await store.putIfAbsent('manifest.json', bytes('them'));
    s3.proxy.add({ method: 'PUT', path: /manifest/, action: { do: 'swallow' } });
    expect(await store.putIfAbsent('manifest.json', bytes('ours'))).toBe('exists');
  });
});

describe('a failing upload', () => {
  it('gives up on a service that stays unavailable, and leaves no parts', async () => {
    const store = await hastyStore(s3.repository(), { uploads: impatient });
    s3.proxy.add({ query: { partNumber: /^2$/ }, times: 1e6, action: { do: 'answer', status: 503 } });
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    expect(await codeOf(work)).toBe('service-unavailable');
    await started.abort();
    expect(await unfinishedUploads(s3.server, s3.bucket)).toBe(0);
    expect(await keys(store, '')).toEqual([]);
  });

  it.each([
    ['hang', 'stalled'],
    ['reset', 'unreachable'],
  ] as const)('that meets a %s to the end says %s', async (fault, code) => {
    const store = await hastyStore(s3.repository(), { idle: 0.5, uploads: impatient });
    s3.proxy.add({ query: { partNumber: /./ }, times: 1e6, action: { do: fault } });
    const started = await store.startUpload('data');
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    expect(await codeOf(work)).toBe(code);
    await started.abort();
    expect(await unfinishedUploads(s3.server, s3.bucket)).toBe(0);
  });

  it('aborted by a signal while its parts hang leaves no parts', async () => {
    const controller = new AbortController();
    // Nothing else ends these requests in time.
    const store = await hastyStore(s3.repository(), { idle: 600 });
    const rule = s3.proxy.add({ query: { partNumber: /./ }, times: 1e6, action: { do: 'hang' } });
    const started = await store.startUpload('data', controller.signal);
    const work = writeInPieces(started, body, 2 ** 20).then(() => started.finish());
    const code = codeOf(work);
    while (rule.hits() === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await code).toBe('interrupted');
    await started.abort();
    expect(await unfinishedUploads(s3.server, s3.bucket)).toBe(0);
  });
});
