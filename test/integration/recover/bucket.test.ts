import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStore } from '../../../repository/index.ts';
import { type SeaweedfsServer, startSeaweedfs } from '../../../tools/servers/index.ts';
import { type CliRun, holdfast } from '../../support/cli.ts';
import { copyOfRepository, idOf } from '../../support/copy-of-repository.ts';
import { pathsBelow } from '../../support/files.ts';
import { bucketNamed } from '../../support/repositories.ts';

const scene = copyOfRepository();
let s3: SeaweedfsServer;

beforeAll(async () => {
  s3 = await startSeaweedfs({ buckets: [{ name: 'copies' }] });
});
afterAll(() => s3?.stop());

type Changes = { accessKeyId?: string; secretAccessKey?: string; args?: () => string[] };

/** As a person types it who has the address and the credentials of a reader. */
const recover = (from: string, { args = () => [], ...credentials }: Changes = {}): Promise<CliRun> => {
  const given = { accessKeyId: s3.reader.accessKeyId, secretAccessKey: s3.reader.secretAccessKey };
  const { accessKeyId, secretAccessKey } = { ...given, ...credentials };
  const env = { SAFE_ACCESS_KEY_ID: accessKeyId, SAFE_SECRET_ACCESS_KEY: secretAccessKey };
  // A store reads them where a worker does.
  Object.assign(process.env, env);
  const at = ['--from', from, '--endpoint', s3.endpoint, '--credentials', 'SAFE', ...args()];
  return holdfast(['recover', ...at, '--trust', scene.signer, '--list', '--json'], { env });
};

/** Puts the copy of the repository into the bucket. */
async function fill(prefix: string, ...but: string[]): Promise<void> {
  process.env.FILLER_ACCESS_KEY_ID = s3.writer.accessKeyId;
  process.env.FILLER_SECRET_ACCESS_KEY = s3.writer.secretAccessKey;
  const store = await openStore(
    bucketNamed('copies', { endpoint: s3.endpoint, credentials: { env: 'FILLER' }, prefix }),
  );
  try {
    for (const path of await pathsBelow(scene.copy))
      if (!but.some((part) => path.startsWith(part)))
        await store.putIfAbsent(path, await readFile(join(scene.copy, path)));
  } finally {
    store.close();
  }
}

describe('what can be recovered from a bucket', () => {
  it('is shown with nothing but its address and the right to read it', async () => {
    await fill('org');
    const { code, stdout } = await recover('s3://copies/org');
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      repository: 'offsite',
      place: 's3://copies/org',
      points: [{ newest: { backupId: idOf('20261121') }, proven: { backupId: idOf('20261120') } }],
      next: expect.stringContaining(
        `--from s3://copies/org --endpoint ${s3.endpoint} --region us-east-1 --credentials SAFE`,
      ),
    });
    const policy = join(scene.copy, '_policy', `${scene.loaded.policy.hash}.yaml`);
    await writeFile(policy, scene.loaded.source);
    await fill('unsigned', '_policy/applied/');
    await fill('empty', '_policy');
  });

  it.each<[what: string, from: string, changes: Changes, code: string, said: RegExp, hint: RegExp]>([
    [
      'a wrong secret',
      's3://copies/org',
      { secretAccessKey: 'x'.repeat(40) },
      'access-denied',
      /may not do that in bucket copies/,
      /--credentials names/,
    ],
    [
      'a key that there is not',
      's3://copies/org',
      { accessKeyId: 'nobody' },
      'access-denied',
      /may not do that in bucket copies/,
      /--credentials names/,
    ],
    ['a bucket that there is not', 's3://other', {}, 'not-found', /there is no bucket other/, /--endpoint/],
    [
      'another prefix',
      's3://copies/og',
      {},
      'not-a-repository',
      /s3:\/\/copies\/og is no repository/,
      /_holdfast\.json/,
    ],
    [
      'no prefix',
      's3://copies',
      {},
      'not-a-repository',
      /s3:\/\/copies is no/,
      /mean s3:\/\/copies\/empty\?/,
    ],
    [
      'no credentials',
      's3://copies/org',
      { accessKeyId: '' },
      'bad-usage',
      /SAFE_ACCESS_KEY_ID is not set/,
      /--credentials/,
    ],
    ['no bucket', 's3://', {}, 'bad-usage', /s3:\/\/ is no place of a repository/, /s3:\/\/BUCKET/],
    [
      'an endpoint of another kind',
      's3://copies/org',
      { args: () => ['--endpoint', s3.endpoint.replace('http:', 'https:')] },
      'unreachable',
      /does not speak TLS/,
      /--endpoint: http/,
    ],
    [
      'a file of certificates that there is not',
      's3://copies/org',
      { args: () => ['--ca-file', '/nowhere/ca.pem'] },
      'bad-usage',
      /\/nowhere\/ca\.pem can't be read/,
      /--ca-file/,
    ],
    ['no policy', 's3://copies/empty', {}, 'not-found', /is empty: no policy was/, /another copy/],
    [
      'no signed policy',
      's3://copies/unsigned',
      {},
      'untrusted-signature',
      /nobody has signed/,
      /another copy/,
    ],
  ])('says what is wrong with %s, and what to do', async (_what, from, changes, code, said, hint) => {
    const { stdout } = await recover(from, changes);
    expect(JSON.parse(stdout).error).toMatchObject({
      code,
      message: expect.stringMatching(said),
      hint: expect.stringMatching(hint),
    });
  });
});
