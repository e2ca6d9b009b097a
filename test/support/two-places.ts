import type { ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import {
  type FaultProxy,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { openStage, type Stage } from './stage.ts';

/** Plans whose backups go into a directory of zone fra and into a bucket of zone ams; no database is there to back up. */
export type TwoPlaces = {
  stage: Stage;
  /** In front of the bucket. */
  proxy: FaultProxy;
  policy: ResolvedPolicy;
  local: ResolvedRepository;
  offsite: ResolvedRepository;
  /** The directory. */
  path: string;
  close(): Promise<void>;
};

/** @param plans the name of each plan's source, by its own */
export async function openTwoPlaces(
  plans: Record<string, string>,
  sections: Record<string, unknown> = {},
): Promise<TwoPlaces> {
  const [stage, s3]: [Stage, S3Server] = await Promise.all([
    openStage(),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: false }] }),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  const path = await stage.lab.repositoryPath('local');
  const source = { kind: 'postgres', zone: 'fra', host: 'db.internal', user: 'backup', tier: 'critical' };
  const plan = { schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] };
  const policy = await stage.apply({
    repositories: {
      local: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' },
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', { prefix: 'backups' }),
    },
    sources: Object.fromEntries(Object.values(plans).map((name) => [name, { ...source, database: name }])),
    plans: Object.fromEntries(Object.entries(plans).map(([name, of]) => [name, { source: of, ...plan }])),
    ...sections,
  });
  const { local, offsite } = policy.repositories;
  if (local === undefined || offsite === undefined) throw new Error('the policy has two repositories');
  return {
    ...{ stage, proxy, policy, local, offsite, path },
    close: async () => {
      await Promise.all([stage.close(), proxy.stop()]);
      await s3.stop();
    },
  };
}
