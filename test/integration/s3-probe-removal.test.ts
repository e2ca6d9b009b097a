import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { S3Repository } from '../../policy/resolved.ts';
import type { ProbeFinding } from '../../repository/store.ts';
import { type S3Keys, type S3Server, startSeaweedfs, startVersitygw } from '../../tools/servers/index.ts';
import { hastyStore, inEnvironment, repositoryAt } from './s3-fixture.ts';

describe.each([
  ['SeaweedFS', startSeaweedfs],
  ['versitygw', startVersitygw],
] as const)('the credentials for removal, probed on %s', (_name, start) => {
  let server: S3Server;
  beforeAll(async () => {
    server = await start({ buckets: [{ name: 'locked', lock: true }, { name: 'plain' }] });
  });
  afterAll(() => server?.stop());

  const probe = async (everyday: S3Keys, removal?: S3Keys | 'none', more: Partial<S3Repository> = {}) => {
    const deleteCredentials = {
      env: removal === 'none' ? 'HOLDFAST_NO_SUCH' : inEnvironment(removal ?? everyday),
    };
    const repository = repositoryAt(server, 'locked', everyday, {
      ...(removal === undefined ? {} : { deleteCredentials }),
      ...more,
    });
    const store = await hastyStore(repository);
    const findings = await store.probe();
    const left: string[] = [];
    for await (const { key } of store.listVersions('_probe/')) left.push(key);
    store.close();
    return {
      left,
      of: (check: ProbeFinding['check']) => findings.find((finding) => finding.check === check),
    };
  };

  it('are as they should be when they can delete and the everyday ones can not', async () => {
    const lock = { mode: 'compliance', for: 864_000 } as const;
    const { of } = await probe(server.writer, server.root, { lock });
    expect(of('delete')).toMatchObject({ outcome: 'no', fault: false });
    expect(of('removal')).toMatchObject({ outcome: 'yes', fault: false });
  });

  it('are a fault when they can not delete, or are not there', async () => {
    const { of } = await probe(server.writer, server.writer);
    expect(of('removal')).toMatchObject({
      outcome: 'no',
      fault: true,
      sentence: expect.stringMatching(/can not/),
    });
    const missing = await probe(server.writer, 'none');
    expect(missing.of('removal')).toMatchObject({ outcome: 'no', fault: true });
  });

  it('are worth nothing when the everyday ones can delete too', async () => {
    const { of } = await probe(server.root, server.root);
    expect(of('delete')).toMatchObject({ outcome: 'yes', fault: true });
    expect((await probe(server.root)).of('delete')).toMatchObject({ outcome: 'yes', fault: false });
    expect((await probe(server.root)).of('removal')).toBeUndefined();
  });

  it('leave nothing of what they tried', async () => {
    const { left } = await probe(server.root, server.root, { bucket: 'plain' });
    expect(left).toEqual([]);
  });
});
