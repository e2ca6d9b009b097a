import { expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { labBucket, labSource } from '../../tools/lab/lab.ts';
import {
  eventually,
  type FaultProxy,
  type PostgresServer,
  type S3Server,
  startFaultProxy,
  startPostgres,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import type { Workflows } from '../../workflows/contract.ts';
import { queryDatabase } from './database.ts';
import { openStage, type Stage } from './stage.ts';

export type SceneOptions = {
  /** Zones with a worker of this process. */
  zones?: string[];
  /** SQL that fills the database `shop`. */
  tables: string;
  /** Object lock for the bucket. */
  lock?: boolean;
};

/** A stage with a database `shop`, and a bucket `offsite` behind a proxy that breaks what a test tells it to. */
export type Scene = {
  stage: Stage;
  postgres: PostgresServer;
  s3: S3Server;
  proxy: FaultProxy;
  /** A repository in a directory of zone fra: where it is, and its lines in the policy. */
  directory(name: string): Promise<{ path: string; lines: Record<string, unknown> }>;
  /** The bucket's lines in the policy. */
  bucket(lines?: Record<string, unknown>): Record<string, unknown>;
  /** Publishes a policy of these repositories and plans, all of `shop`. */
  apply(
    repositories: Record<string, unknown>,
    plans: Record<string, { copies: string[] } & Record<string, unknown>>,
  ): Promise<ResolvedPolicy>;
  /** A plan of the policy that was applied last, with a change. */
  plan(name: string, change?: (plan: ResolvedPlan) => void): ResolvedPlan;
  /** Starts a backup and waits until its upload to the bucket hangs: the dump is then midway, and stays so. */
  startMidway(plan: ResolvedPlan): Promise<WorkflowHandle<Workflows['backup']>>;
  close(): Promise<void>;
};

/** More than what may be on its way to a bucket at once: an upload that hangs holds up the dump. */
export const manyRows = 60_000;

/** Rows of 2 KiB that no compression makes smaller. */
export const manyBytes = `create extension pgcrypto;
  create table blobs (id bigserial primary key, body bytea not null);
  alter table blobs alter body set storage external;
  insert into blobs (body)
    select gen_random_bytes(1024) || gen_random_bytes(1024) from generate_series(1, ${manyRows});`;

/** With what a restore or a verification of a plan's backup is asked for. */
export function askFor({ source, signers, key }: ResolvedPlan, backupId: string) {
  return { backup: { source: source.name, backupId }, signers, keys: [key] };
}

export async function openScene({ zones, tables, lock = false }: SceneOptions): Promise<Scene> {
  const [stage, postgres, s3] = await Promise.all([
    openStage(zones),
    startPostgres({ major: 15 }),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock }] }),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  await queryDatabase(postgres, 'postgres', 'create database shop');
  await queryDatabase(postgres, 'shop', tables);
  let policy: ResolvedPolicy | undefined;
  return {
    stage,
    postgres,
    s3,
    proxy,
    directory: async (name) => {
      const path = await stage.lab.repositoryPath(name);
      return { path, lines: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' } };
    },
    bucket: (lines) => labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', lines),
    apply: async (repositories, plans) => {
      const common = { source: 'shop', schedule: '0 2 * * *', key: 'databases' };
      policy = await stage.apply({
        repositories,
        sources: { shop: await labSource(stage.lab, postgres, 'shop') },
        plans: Object.fromEntries(
          Object.entries(plans).map(([name, lines]) => [name, { ...common, ...lines }]),
        ),
      });
      return policy;
    },
    plan: (name, change = () => undefined) => {
      const found = structuredClone(policy?.plans[name]);
      if (found === undefined) throw new Error(`no plan ${name}`);
      change(found);
      return found;
    },
    startMidway: async (plan) => {
      const rule = proxy.add({ method: 'PUT', path: /data-/, times: 20, action: { do: 'hang' } });
      const handle = await stage.start('backup', { plan });
      await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
      return handle;
    },
    close: async () => {
      await Promise.all([stage.close(), postgres.stop(), proxy.stop()]);
      await s3.stop();
    },
  };
}
