import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { type Lab, labBucket, labSource, openLab, s3Environment } from '../lab/lab.ts';
import {
  type PostgresServer,
  type S3Server,
  startPostgres,
  startSeaweedfs,
  startTemporal,
  type TemporalServer,
} from '../servers/index.ts';
import { createShop } from './shop.ts';

/** Everything that runs beside the contenders: the same servers for all of them. */
export type Place = {
  /** Ends what is running when the benchmark is stopped. */
  signal: AbortSignal;
  lab: Lab;
  postgres: PostgresServer;
  s3: S3Server;
  temporal: TemporalServer;
  client: Client;
  /** A temporary directory that also the server's user may enter; goes with the place. */
  directory: string;
  /** What a worker needs to know. */
  workerEnvironment: Record<string, string>;
  planOf(name: PlanName): ResolvedPlan;
  close(): Promise<void>;
};

export type PlanName = keyof typeof plans;

export const bucket = 'bench';

const both = ['local', 'offsite'];

/** By their plans' names: what is backed up, what of it is counted, and where it goes. */
const plans = {
  one: { source: 'shop', fingerprint: 'off', copies: ['local'] },
  off: { source: 'shop', fingerprint: 'off', copies: both },
  counts: { source: 'shop', fingerprint: 'counts', copies: both },
  checksums: { source: 'shop', fingerprint: 'checksums', copies: both },
  small: { source: 'small', fingerprint: 'counts', copies: both },
  empty: { source: 'empty', fingerprint: 'counts', copies: both },
} as const;

/** The small database holds so many times fewer rows: about 0.1 GB where the large one has 1.5 GB. */
const smaller = 15;

/** Starts the servers and fills the databases. What was started ends with `close`, also after a failure in here. */
export async function openPlace(rows: number, signal: AbortSignal): Promise<Place> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.reverse()) await end();
    closing.length = 0;
  };
  const kept = async <T>(thing: Promise<T>, end: (thing: T) => Promise<unknown>): Promise<T> => {
    const opened = await thing;
    closing.push(() => end(opened));
    return opened;
  };
  try {
    const directory = await kept(mkdtemp(join(tmpdir(), 'hf-bench-')), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    await chmod(directory, 0o711);
    const lab = await kept(openLab(), (opened) => opened.close());
    const postgres = await kept(startPostgres({ major: 15, settings: serverSettings }), (one) => one.stop());
    const s3 = await kept(startSeaweedfs({ buckets: [{ name: bucket }] }), (one) => one.stop());
    const temporal = await kept(startTemporal(), (one) => one.stop());
    const connection = await kept(Connection.connect({ address: temporal.address }), (one) => one.close());
    for (const [name, share] of [
      ['shop', 1],
      ['small', 1 / smaller],
      ['empty', 0],
    ] as const)
      await createShop(postgres, name, Math.floor(rows * share));
    const planOf = await loadPlans(lab, postgres, s3);
    const workerEnvironment = environmentOf(temporal, s3, directory);
    const client = new Client({ connection, namespace: temporal.namespace });
    return { signal, lab, postgres, s3, temporal, client, directory, workerEnvironment, planOf, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Quiet beside the measuring; and ready for pgBackRest, whose archiving is turned on only for its own run. */
const serverSettings = {
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  maintenance_work_mem: '256MB',
  autovacuum: 'off',
  archive_mode: 'on',
  archive_command: `'true'`,
};

async function loadPlans(
  lab: Lab,
  postgres: PostgresServer,
  s3: S3Server,
): Promise<(name: PlanName) => ResolvedPlan> {
  const sources = ['shop', 'small', 'empty'].map(async (name) => [
    name,
    await labSource(lab, postgres, name),
  ]);
  const { policy } = await lab.usePolicy({
    repositories: {
      local: { kind: 'filesystem', path: await lab.repositoryPath('local'), zone: 'fra' },
      offsite: labBucket(s3, bucket, { zone: 'fra' }),
    },
    sources: Object.fromEntries(await Promise.all(sources)),
    plans: Object.fromEntries(
      Object.entries(plans).map(([name, plan]) => [
        name,
        { ...plan, schedule: '0 2 * * *', key: 'databases' },
      ]),
    ),
  });
  return (name) => {
    const plan = policy.plans[name];
    if (plan === undefined) throw new HoldfastError('bad-policy', `The plan ${name} is not in the policy.`);
    return plan;
  };
}

function environmentOf(temporal: TemporalServer, s3: S3Server, directory: string): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    HOLDFAST_WORK_DIR: join(directory, 'work'),
    [`${s3Environment}_ACCESS_KEY_ID`]: s3.writer.accessKeyId,
    [`${s3Environment}_SECRET_ACCESS_KEY`]: s3.writer.secretAccessKey,
  };
}

/** Runs a workflow on the worker under test to its end. */
export async function runWorkflow<K extends keyof Workflows>(
  { client }: Pick<Place, 'client'>,
  type: K,
  workflowId: string,
  input: Parameters<Workflows[K]>[0],
): Promise<Awaited<ReturnType<Workflows[K]>>> {
  const options = { workflowId, taskQueue: taskQueueOf('fra'), args: [input] };
  return (await client.workflow.start(workflowTypes[type], options)).result();
}
