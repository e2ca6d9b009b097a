import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytes, codeOf, keys, readAll, upload } from '../../support/store-access.ts';
import { hastyStore } from '../s3-fixture.ts';
import { body, faultyBucket, impatient } from './fixture.ts';

const s3 = faultyBucket();

describe('a download', () => {
  it('goes on where it was cut, again and again', async () => {
    const store = await hastyStore(s3.repository());
    await upload(store, 'data', body);
    const rule = s3.proxy.add({
      method: 'GET',
      path: /data/,
      times: 4,
      action: { do: 'cut-download', afterBytes: 3_000_000 },
    });
    expect(Buffer.compare(await readAll(store, 'data'), body)).toBe(0);
    expect(rule.hits()).toBe(4);
  });

  it('goes on after the service went silent', async () => {
    const store = await hastyStore(s3.repository(), { idle: 0.5 });
    await upload(store, 'data', body);
    const rule = s3.proxy.add({
      method: 'GET',
      path: /data/,
      action: { do: 'stall-download', afterBytes: 3_000_000 },
    });
    expect(Buffer.compare(await readAll(store, 'data'), body)).toBe(0);
    expect(rule.hits()).toBe(1);
  });

  it('never mixes the bytes of two objects', async () => {
    const store = await hastyStore(s3.repository());
    await upload(store, 'data', body);
    s3.proxy.add({ method: 'GET', path: /data/, action: { do: 'cut-download', afterBytes: 3_000_000 } });
    const stream = await store.read('data');
    await store.remove('data');
    await upload(store, 'data', randomBytes(body.length));
    const reading = (async () => {
      for await (const _chunk of stream);
    })();
    expect(await codeOf(reading)).toBe('corrupt-copy');
  });

  it('that is cut without end gives up', async () => {
    const store = await hastyStore(s3.repository());
    await upload(store, 'data', body);
    s3.proxy.add({ method: 'GET', path: /data/, times: 1e6, action: { do: 'cut-download', afterBytes: 0 } });
    expect(await codeOf(readAll(store, 'data'))).toBe('unreachable');
  });
});

describe('a listing', () => {
  it('that fails on its second page throws, and gives nothing of the first', async () => {
    const store = await hastyStore(s3.repository(), { requests: impatient });
    const names = Array.from({ length: 1050 }, (_, index) => `many/${index}`);
    for (let start = 0; start < names.length; start += 50)
      await Promise.all(names.slice(start, start + 50).map((key) => store.putIfAbsent(key, bytes('x'))));
    s3.proxy.add({ query: { 'continuation-token': /./ }, times: 1e6, action: { do: 'answer', status: 500 } });
    expect(await codeOf(keys(store, 'many/'))).toBe('service-unavailable');
  });

  it('whose pages repeat throws', async () => {
    const page = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>true</IsTruncated>
      <NextContinuationToken>again</NextContinuationToken></ListBucketResult>`;
    s3.proxy.add({
      query: { 'list-type': /2/ },
      times: 1e6,
      action: { do: 'answer', status: 200, body: page },
    });
    expect(await codeOf(keys(await hastyStore(s3.repository()), ''))).toBe('service-unavailable');
  });
});
