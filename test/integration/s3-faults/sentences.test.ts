import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';
import { freePort } from '../../../tools/servers/index.ts';
import { bytes, codeOf, keys, upload } from '../../support/store-access.ts';
import { errorXml, hastyStore, repositoryAt } from '../s3-fixture.ts';
import { body, faultyBucket, impatient } from './fixture.ts';

const s3 = faultyBucket();

describe('a sentence for', () => {
  it('a bucket that is not there', async () => {
    const store = await hastyStore(s3.repository({ bucket: 'nowhere' }));
    const expected = { code: 'not-found', message: expect.stringMatching(/no bucket nowhere/) };
    await expect(keys(store, '')).rejects.toMatchObject(expected);
    await expect(store.putIfAbsent('a', bytes('a'))).rejects.toMatchObject(expected);
    await expect(store.read('a')).rejects.toMatchObject(expected);
    expect(await store.probe()).toMatchObject([{ check: 'reachable', fault: true }]);
  });

  it('a service that is not there', async () => {
    const gone = { endpoint: `http://127.0.0.1:${await freePort()}`, region: 'us-east-1' };
    const store = await hastyStore(repositoryAt(gone, 'b', s3.server.root), { requests: impatient });
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'unreachable',
      hint: expect.stringMatching(/endpoint/),
    });
  });

  it('an endpoint that does not speak TLS', async () => {
    const endpoint = s3.proxy.endpoint.replace('http:', 'https:');
    const store = await hastyStore(repositoryAt({ endpoint, region: 'us-east-1' }, 'b', s3.server.root));
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
      const stranger = await hastyStore(repositoryAt(at, 'b', s3.server.root));
      await expect(stranger.head('a')).rejects.toMatchObject({
        code: 'unreachable',
        hint: expect.stringMatching(/caFile/),
      });
      const known = await hastyStore(repositoryAt(at, 'b', s3.server.root, { caFile }));
      expect(await known.head('a')).toBeNull();
      known.close();
      expect(await codeOf(hastyStore(repositoryAt(at, 'b', s3.server.root, { caFile: '/none' })))).toBe(
        'bad-policy',
      );
    } finally {
      service.closeAllConnections();
      service.close();
      await rm(directory, { recursive: true });
    }
  });

  it('a service whose answer is none of S3', async () => {
    s3.proxy.add({ times: 1e6, action: { do: 'answer', status: 200, body: '<html>Welcome</html>' } });
    const store = await hastyStore(s3.repository(), { requests: impatient });
    expect(await codeOf(keys(store, ''))).toBe('service-unavailable');
    expect(await codeOf(store.listFolders(''))).toBe('service-unavailable');
  });

  it('a right that is missing', async () => {
    const store = await hastyStore(s3.repository({}, s3.server.writer));
    await store.putIfAbsent('a', bytes('a'));
    await expect(store.remove('a')).rejects.toMatchObject({
      code: 'access-denied',
      hint: expect.stringMatching(/s3-worker-policy/),
    });
  });

  it('a store that has no create-only writes', async () => {
    s3.proxy.add({
      headers: { 'if-none-match': /\*/ },
      times: 1e6,
      action: { do: 'answer', status: 501, body: errorXml('NotImplemented') },
    });
    const store = await hastyStore(s3.repository());
    expect(await codeOf(store.putIfAbsent('a', bytes('a')))).toBe('bad-policy');
    // Data does without: its keys are unique, and it looks before it completes.
    await upload(store, 'data', body);
  });
});
