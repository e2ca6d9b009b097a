import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditTarget, ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { openStore } from '../../repository/index.ts';
import { withDeleteCredentials } from '../../repository/removal.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import { type S3Server, startSeaweedfs } from '../../tools/servers/index.ts';
import type { HoldInput } from '../../workflows/contract-retention.ts';
import { idOfDay, makePast } from '../support/past.ts';
import { openStage, type Stage } from '../support/stage.ts';

describe('an audit log in a bucket, with heads in directories of two zones,', () => {
  let stage: Stage;
  let s3: S3Server;
  let policy: ResolvedPolicy;
  let audit: AuditTarget;

  beforeAll(async () => {
    [stage, s3] = await Promise.all([
      openStage(),
      startSeaweedfs({ buckets: [{ name: 'log', lock: false }] }),
    ]);
    process.env.LAB_ROOT_ACCESS_KEY_ID = s3.root.accessKeyId;
    process.env.LAB_ROOT_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
    const ams = await makeSigningKey(stage.lab.directory, 'ams');
    const directory = async (name: string, zone: string) => ({
      kind: 'filesystem',
      path: await stage.lab.repositoryPath(name),
      zone,
      keepFree: '1MiB',
    });
    policy = await stage.apply({
      zones: {
        fra: { region: 'EU', site: 'de-fra1', signingKey: { file: stage.lab.signing.privateFile } },
        ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: ams.privateFile } },
      },
      signers: { 'worker-fra': stage.lab.signing.publicFile, 'worker-ams': ams.publicFile },
      repositories: {
        log: labBucket(s3, 'log', { zone: 'fra', deleteCredentials: { env: 'LAB_ROOT' } }),
        here: await directory('here', 'fra'),
        there: await directory('there', 'ams'),
      },
      audit: { repository: 'log' },
      sources: {
        shop: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'shop', user: 'backup' },
      },
      plans: {
        daily: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['here', 'there'] },
      },
    });
    if (policy.audit === undefined) throw new Error('the policy keeps no audit log');
    audit = policy.audit;
    const repositories = policy.plans.daily?.copies ?? [];
    const backupId = idOfDay(1);
    await makePast(stage.lab, repositories, [backupId], { plan: 'daily' });
    const hold: HoldInput = {
      backup: { source: 'shop', backupId },
      zone: 'ams',
      repositories,
      audit,
      mode: 'hold',
      by: 'dba-1',
      reason: 'an enquiry',
    };
    await stage.execute('hold', hold);
    await stage.execute('hold', { ...hold, mode: 'release' });
    await stage.execute('hold', { ...hold, zone: 'fra' });
  });
  afterAll(async () => {
    await stage?.close();
    await s3?.stop();
  });

  const verify = () => stage.execute('verifyAudit', { target: audit, signers: policy.signers });

  it('is compared with all of them, each in its own zone', async () => {
    expect(await verify()).toMatchObject({
      result: 'passed',
      exceptions: [],
      unreadable: [],
      chains: [
        { zone: 'ams', outcome: 'passed', entries: 2 },
        { zone: 'fra', outcome: 'passed', entries: 1 },
      ],
    });
  });

  it('is not called whole when a directory of the other zone could not be read', async () => {
    const path = join(stage.lab.directory, 'repositories', 'there');
    await rename(path, `${path}-away`);
    expect(await verify()).toMatchObject({
      result: 'passed-with-exceptions',
      unreadable: [{ repository: 'there' }],
    });
    await rename(`${path}-away`, path);
  });

  it('whose end was removed is found out by the directory of the other zone alone', async () => {
    await removeFrom(audit.repository, /_audit\/ams\/(heads\/)?000000\/000000002\.json$/);
    expect(await verify()).toMatchObject({
      result: 'failed',
      chains: [
        { zone: 'ams', outcome: 'failed', broken: { kind: 'truncation', seq: 2 } },
        { zone: 'fra', outcome: 'passed' },
      ],
    });
  });
});

async function removeFrom(repository: ResolvedRepository, key: RegExp): Promise<void> {
  const store = await openStore(withDeleteCredentials(repository));
  try {
    const versions = [];
    for await (const version of store.listVersions('_audit/'))
      if (key.test(version.key)) versions.push(version);
    expect(versions).toHaveLength(2);
    await store.removeVersions(versions);
  } finally {
    store.close();
  }
}
