import type { ResolvedPlan } from '../../policy/resolved.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import {
  type FaultProxy,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import type { RetentionResult } from '../../workflows/contract-retention.ts';
import { applyKept, previewAndRun } from './kept-plan.ts';
import { pastIn } from './past.ts';
import { openStage, type Stage } from './stage.ts';

/** A stage for retention: a directory and a bucket behind a proxy, anew for each plan. */
export type KeptScene = {
  stage: Stage;
  proxy: FaultProxy;
  /** A plan `kept` of a source without backups, with these rules. */
  plan(rules: Record<string, unknown>): Promise<ResolvedPlan>;
  /** Previews, and does what was previewed. */
  run(plan: ResolvedPlan): Promise<RetentionResult>;
  /** Ids of backups in the directory, and in the bucket. */
  left(plan: ResolvedPlan): Promise<string[][]>;
  close(): Promise<void>;
};

export async function openKeptScene(zones: string[]): Promise<KeptScene> {
  const [stage, s3] = await Promise.all([
    openStage(zones),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: false }] }),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  useCredentials(s3);
  let count = 0;
  const scene: KeptScene = {
    stage,
    proxy,
    plan: async (rules) => {
      count += 1;
      const path = await stage.lab.repositoryPath(`local-${count}`);
      return applyKept(stage, {
        repositories: {
          local: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' },
          offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', {
            zone: 'fra',
            prefix: `run-${count}`,
            deleteCredentials: { env: 'LAB_ROOT' },
          }),
        },
        copies: ['local', 'offsite'],
        rules,
      });
    },
    run: async (plan) => (await previewAndRun(stage, plan)).done,
    left: (plan) => Promise.all(plan.copies.map(async (copy) => [...(await pastIn(copy)).keys()].sort())),
    close: async () => {
      await Promise.all([stage.close(), proxy.stop()]);
      await s3.stop();
    },
  };
  return scene;
}

/** Before a worker of another process starts: it takes the bucket's credentials from our environment. */
function useCredentials(s3: S3Server): void {
  labBucket(s3, 'offsite');
  process.env.LAB_ROOT_ACCESS_KEY_ID = s3.root.accessKeyId;
  process.env.LAB_ROOT_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
}
