import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { labBucket, labSource } from '../../tools/lab/lab.ts';
import {
  type FaultProxy,
  type PostgresServer,
  type S3Server,
  startFaultProxy,
  startPostgres,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { applySchedules } from './apply-schedules.ts';
import { queryDatabase } from './database.ts';
import { openStage, type Stage } from './stage.ts';

/**
 * A plan whose copies are what they should be: one in a directory of zone fra, one locked in a bucket of zone ams, its key
 * opening in both, one backup made, its Schedule applied.
 */
export type CheckedFleet = {
  stage: Stage;
  postgres: PostgresServer;
  s3: S3Server;
  /** The worker of zone ams. */
  ams: { stop(): Promise<void> };
  /** In front of the bucket. */
  proxy: FaultProxy;
  policy: ResolvedPolicy;
  plan: ResolvedPlan;
  backupId: string;
  /** The directory of the repository `local`. */
  local: string;
  /** The private half of the key, as zone ams has it. */
  keyInAms: string;
  close(): Promise<void>;
};

export async function openCheckedFleet(sections: Record<string, unknown> = {}): Promise<CheckedFleet> {
  const [stage, postgres, s3]: [Stage, PostgresServer, S3Server] = await Promise.all([
    openStage(['fra']),
    startPostgres({ major: 15 }),
    startSeaweedfs({
      buckets: [
        { name: 'locked', lock: true },
        { name: 'plain', lock: false },
      ],
    }),
  ]);
  const { lab } = stage;
  const [proxy, ams] = await Promise.all([startFaultProxy(s3.endpoint), stage.orchestra.play('ams')]);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', 'create table t as select generate_series(1, 1000) i');
  const local = await lab.repositoryPath('local');
  const keyInAms = join(lab.directory, 'key-in-ams.asc');
  await copyFile(lab.encryption.privateFile, keyInAms);
  const opens = { fra: { file: lab.encryption.privateFile }, ams: { file: keyInAms } };
  const policy = await stage.apply({
    residency: ['EU'],
    keys: { databases: { gpg: { recipients: [lab.encryption.publicFile], opens } } },
    repositories: {
      local: { kind: 'filesystem', path: local, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'locked', {
        lock: { mode: 'governance', for: '30d' },
      }),
    },
    sources: { shop: { ...(await labSource(lab, postgres, 'shop')), tier: 'critical' } },
    plans: {
      daily: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] },
    },
    ...sections,
  });
  const { daily: plan } = policy.plans;
  if (plan === undefined) throw new Error('the policy has no plan daily');
  await applySchedules(stage.orchestra.client, policy);
  const { backupId } = await stage.execute('backup', { plan });
  return {
    stage,
    postgres,
    s3,
    proxy,
    ams,
    policy,
    plan,
    backupId,
    local,
    keyInAms,
    close: async () => {
      await Promise.all([stage.close(), postgres.stop(), proxy.stop()]);
      await s3.stop();
    },
  };
}
