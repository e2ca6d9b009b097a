import { readFile } from 'node:fs/promises';
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

/** As a person types it who has the address and the credentials of a reader. */
const recover = (from: string, credentials: Record<string, string> = {}): Promise<CliRun> => {
  const given = { accessKeyId: s3.reader.accessKeyId, secretAccessKey: s3.reader.secretAccessKey };
  const { accessKeyId, secretAccessKey } = { ...given, ...credentials };
  const env = { SAFE_ACCESS_KEY_ID: accessKeyId, SAFE_SECRET_ACCESS_KEY: secretAccessKey };
  // A store reads them where a worker does.
  Object.assign(process.env, env);
  const at = ['--from', from, '--endpoint', s3.endpoint, '--credentials', 'SAFE'];
  return holdfast(['recover', ...at, '--trust', scene.signer, '--list', '--json'], { env });
};

describe('what can be recovered from a bucket', () => {
  it('is shown with nothing but its address and the right to read it', async () => {
    process.env.FILLER_ACCESS_KEY_ID = s3.writer.accessKeyId;
    process.env.FILLER_SECRET_ACCESS_KEY = s3.writer.secretAccessKey;
    const address = { endpoint: s3.endpoint, credentials: { env: 'FILLER' }, prefix: 'org' };
    const store = await openStore(bucketNamed('copies', address));
    for (const path of await pathsBelow(scene.copy))
      await store.putIfAbsent(path, await readFile(join(scene.copy, path)));
    const { code, stdout } = await recover('s3://copies/org').finally(() => store.close());
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      repository: 'offsite',
      place: 's3://copies/org',
      points: [{ newest: { backupId: idOf('20261121') }, proven: { backupId: idOf('20261120') } }],
      next: expect.stringContaining(`--from s3://copies/org --endpoint ${s3.endpoint} --credentials SAFE`),
    });
  });

  it.each<[what: string, from: string, credentials: Record<string, string>, code: string, said: RegExp]>([
    [
      'a wrong secret',
      's3://copies/org',
      { secretAccessKey: 'x'.repeat(40) },
      'access-denied',
      /credentials/,
    ],
    ['a key that there is not', 's3://copies/org', { accessKeyId: 'nobody' }, 'access-denied', /credentials/],
    ['a bucket that there is not', 's3://other', {}, 'not-found', /there is no bucket other/],
    ['another prefix', 's3://copies/og', {}, 'not-a-repository', /s3:\/\/copies\/og is no repository/],
    ['no credentials', 's3://copies/org', { accessKeyId: '' }, 'bad-usage', /SAFE_ACCESS_KEY_ID is not set/],
    ['no bucket', 's3://', {}, 'bad-usage', /s3:\/\/ is no place of a repository/],
  ])('says what is wrong with %s', async (_what, from, credentials, code, said) => {
    const { stdout } = await recover(from, credentials);
    expect(JSON.parse(stdout).error).toMatchObject({ code, message: expect.stringMatching(said) });
  });
});
