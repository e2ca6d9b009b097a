import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markRepository, openStore } from '../../repository/index.ts';
import { type Lab, openLab } from '../../tools/lab/lab.ts';
import { type MinistackServer, startMinistack } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';
import { rootClient } from './s3-fixture.ts';

let server: MinistackServer;
let client: S3Client;
let lab: Lab;
let orchestra: Orchestra;

beforeAll(async () => {
  [server, lab, orchestra] = await Promise.all([
    startMinistack({ buckets: [{ name: 'offsite' }] }),
    openLab(),
    startOrchestra(['fra']),
  ]);
  client = rootClient({ ...server, writer: server.root, kill: server.stop, restart: server.stop });
  process.env.LAB_LIFECYCLE_ACCESS_KEY_ID = server.root.accessKeyId;
  process.env.LAB_LIFECYCLE_SECRET_ACCESS_KEY = server.root.secretAccessKey;
  const { region, endpoint } = server;
  const { policy } = await lab.usePolicy({
    repositories: {
      local: { kind: 'filesystem', path: await lab.repositoryPath('local'), zone: 'fra', keepFree: '1MiB' },
      offsite: {
        kind: 's3',
        bucket: 'offsite',
        prefix: 'org',
        region,
        endpoint,
        zone: 'fra',
        credentials: { env: 'LAB_EVERYDAY' },
        deleteCredentials: { env: 'LAB_LIFECYCLE' },
      },
    },
    retention: { years: { daily: '30d', yearly: '7y' } },
    sources: {
      shop: {
        kind: 'postgres',
        zone: 'fra',
        host: 'db.internal',
        database: 'shop',
        user: 'backup',
        password: { file: lab.signing.privateFile },
      },
    },
    plans: {
      'shop-daily': {
        source: 'shop',
        schedule: '0 2 * * *',
        key: 'databases',
        copies: ['local', 'offsite'],
        retention: 'years',
      },
    },
  });
  process.env.LAB_EVERYDAY_ACCESS_KEY_ID = server.root.accessKeyId;
  process.env.LAB_EVERYDAY_SECRET_ACCESS_KEY = server.root.secretAccessKey;
  for (const repository of Object.values(policy.repositories)) {
    const store = await openStore(repository);
    await markRepository(store, { organization: policy.organization });
    store.close();
  }
});

afterAll(async () => {
  client?.destroy();
  await orchestra?.close();
  await Promise.all([server?.stop(), lab?.close()]);
});

const lifecycle = (...args: string[]) =>
  holdfast(['repository', 'lifecycle', ...args], {
    env: { TEMPORAL_ADDRESS: orchestra.temporal.address, HOLDFAST_POLICY: lab.policyFile },
  });

describe('holdfast repository lifecycle', () => {
  it('shows what it would write, writes it, and finds no fault', async () => {
    const shown = await lifecycle('offsite');
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/Would be written/) });
    expect(shown.stdout).toMatch(/holdfast-shop: everything below "org\/shop\/".*GLACIER after 90 days/);
    expect(shown.stdout).toMatch(/no lifecycle rules/);
    const written = await lifecycle('offsite', '--write', '--json');
    expect(JSON.parse(written.stdout)).toMatchObject({ written: true, findings: [] });
    const { Rules = [] } = await client.send(
      new GetBucketLifecycleConfigurationCommand({ Bucket: 'offsite' }),
    );
    expect(Rules.map(({ ID, Expiration }) => [ID, Expiration?.Days])).toEqual([
      ['holdfast-leftovers', undefined],
      ['holdfast-shop', undefined],
    ]);
    const expiring = await lifecycle('offsite', '--expire', '--json');
    expect(JSON.parse(expiring.stdout).rules).toContainEqual(
      expect.stringMatching(/expires after 2570 days/),
    );
  });

  it('names the rule of somebody else that expires what is kept, and exits 3', async () => {
    const theirs = {
      ID: 'tidy',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'org/' },
      Expiration: { Days: 60 },
    };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: 'offsite',
        LifecycleConfiguration: { Rules: [theirs] },
      }),
    );
    const checked = await lifecycle('offsite', '--check');
    expect(checked.code).toBe(3);
    expect(checked.stdout).toMatch(
      /fault {2}tidy: It expires backups of shop after 60 days; the policy keeps them up to 2562 days/,
    );
    expect(checked.stdout).not.toMatch(/Would be written/);
    expect((await lifecycle('offsite', '--write')).code).toBe(3);
  });

  it('is for buckets, and for one thing at a time', async () => {
    expect(await lifecycle('local')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is no bucket/),
    });
    expect(await lifecycle('offsite', '--write', '--check')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/exclude each other/),
    });
  });
});
