import { describe, expect, it } from '@jest/globals';
import type { ProbeFinding, Store } from '../../../repository/store.ts';
import { codeOf, keys, upload } from '../../support/store-access.ts';
import { hastyStore, newBucket } from '../s3-fixture.ts';
import { body, faultyBucket } from './fixture.ts';

const s3 = faultyBucket();

describe('a store that misbehaves', () => {
  async function finding(store: Store, check: ProbeFinding['check']): Promise<ProbeFinding | undefined> {
    return (await store.probe()).find((each) => each.check === check);
  }

  it('by replacing objects is found by the probe', async () => {
    s3.proxy.add({ method: 'PUT', skip: 1, action: { do: 'answer', status: 200 } });
    expect(await finding(await hastyStore(s3.repository()), 'create-only')).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringMatching(/If-None-Match/),
    });
  });

  it('by deleting what is locked is found by the probe', async () => {
    const bucket = await newBucket(s3.server, true);
    s3.proxy.add({ method: 'DELETE', action: { do: 'answer', status: 204 } });
    const store = await hastyStore(s3.repository({ bucket, lock: { mode: 'compliance', for: 3600 } }));
    expect(await finding(store, 'lock')).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringMatching(/object lock/),
    });
  });

  it('by giving other bytes back is found by the probe', async () => {
    s3.proxy.add({ method: 'GET', path: /_probe/, action: { do: 'answer', status: 200, body: 'other' } });
    expect(await finding(await hastyStore(s3.repository()), 'read-back')).toMatchObject({ fault: true });
  });

  it('by listing an object twice is not believed', async () => {
    const entry =
      '<Contents><Key>a</Key><LastModified>2026-11-21T01:00:00Z</LastModified><Size>1</Size></Contents>';
    const answer = `<ListBucketResult><IsTruncated>false</IsTruncated>${entry}${entry}</ListBucketResult>`;
    s3.proxy.add({ query: { 'list-type': /2/ }, action: { do: 'answer', status: 200, body: answer } });
    expect(await codeOf(keys(await hastyStore(s3.repository()), ''))).toBe('service-unavailable');
  });

  it.each([
    ['small', 100, 0],
    ['large', body.length, 1],
  ])('by storing a %s object other than it was sent fails the upload', async (_size, length, skip) => {
    s3.proxy.add({ method: 'HEAD', skip, action: { do: 'answer', status: 200 } });
    const store = await hastyStore(s3.repository());
    expect(await codeOf(upload(store, 'data', body.subarray(0, length)))).toBe('corrupt-copy');
  });
});
