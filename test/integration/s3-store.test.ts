import { afterAll, beforeAll, describe } from '@jest/globals';
import { type S3Server, startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { hastyStore, newBucket, repositoryAt, serverBehindProxy, unfinishedUploads } from './s3-fixture.ts';
import { storeConformance } from './store-conformance.ts';

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('%s', (name, start) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  storeConformance(`a bucket of ${name}`, async () => {
    const bucket = await newBucket(server);
    return {
      store: await hastyStore(repositoryAt(server, bucket, server.root)),
      unfinished: () => unfinishedUploads(server, bucket),
    };
  });
});

describe('SeaweedFS behind a proxy that fails now and then', () => {
  const behind = serverBehindProxy();

  storeConformance('a bucket under a prefix, without checksums', async () => {
    const { server, proxy } = behind();
    const bucket = await newBucket(server);
    proxy.clear();
    for (const skip of [3, 9, 40]) {
      proxy.add({ skip, action: { do: 'answer', status: 503 } });
      proxy.add({ skip: skip + 1, method: 'PUT', action: { do: 'reset' } });
      proxy.add({ skip: skip + 2, method: 'GET', action: { do: 'reset' } });
      proxy.add({ skip: 1, query: { partNumber: /2/ }, action: { do: 'cut-upload', afterBytes: 100_000 } });
    }
    const through = { endpoint: proxy.endpoint, region: server.region };
    return {
      store: await hastyStore(
        repositoryAt(through, bucket, server.root, { prefix: 'org/backups', checksums: 'when-required' }),
      ),
      unfinished: () => unfinishedUploads(server, bucket),
    };
  });
});
