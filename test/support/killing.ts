import { expect } from '@jest/globals';
import type { AuditTarget, ResolvedPlan, ResolvedPolicy, S3Repository } from '../../policy/resolved.ts';
import { markRepository } from '../../repository/index.ts';
import { labBucket } from '../../tools/lab/lab.ts';
import type { FaultRule } from '../../tools/servers/fault-proxy.ts';
import {
  eventually,
  type FaultProxy,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { withStores } from './past.ts';
import { openPlaces, type Places } from './places.ts';
import { type Program, startProgram } from './program.ts';
import { openStage, type Stage } from './stage.ts';

/** One worker in a process of its own, that is killed, and as many repositories as there are runs in its hands. */
export type Killing = {
  stage: Stage;
  proxy: FaultProxy;
  policy: ResolvedPolicy;
  plan: ResolvedPlan;
  /** A marked repository below a prefix of its own, so that a fault hits one run alone. */
  repository(name: string): Promise<S3Repository>;
  /** An audit log of its own. */
  log(name: string): Promise<AuditTarget>;
  startWorker(): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
};

/** A run that is begun and hangs, and what must hold once another worker has ended it. */
export type Begun = { hung: () => number; finished: () => Promise<void> };

export type Where = Omit<FaultRule, 'action' | 'times'>;

/** A request is never answered; how often it was asked. */
export function hangAt(proxy: FaultProxy, where: Where): () => number {
  return proxy.add({ ...where, times: 50, action: { do: 'hang' } }).hits;
}

/** The service does what it is asked for, and its answer never comes: the write is done by half. */
export function loseAnswerOf(proxy: FaultProxy, where: Where): () => number {
  proxy.add({ ...where, action: { do: 'swallow' } });
  return hangAt(proxy, where);
}

/** A key below a prefix. */
export const below = (prefix: string, rest: string): RegExp => new RegExp(`/${prefix}/.*${rest}`);

/**
 * Begins runs that hang, kills the worker, and starts another one. All of them hang at once, because another worker
 * takes over only after half a minute of silence.
 *
 * @param heal lets go what hangs elsewhere than in the scene's own proxy
 */
export async function beginAndKill<Scene extends Pick<Killing, 'startWorker' | 'kill' | 'proxy'>>(
  scene: Scene,
  cases: Readonly<Record<string, (scene: Scene) => Promise<Begun>>>,
  heal: () => void = () => undefined,
): Promise<Map<string, Begun>> {
  const { startWorker, kill, proxy } = scene;
  const begun = new Map<string, Begun>();
  await startWorker();
  for (const [what, begin] of Object.entries(cases)) {
    const run = await begin(scene);
    begun.set(what, run);
    await eventually(async () => expect({ what, hung: run.hung() }).not.toEqual({ what, hung: 0 }), 60);
  }
  await kill();
  proxy.clear();
  heal();
  await startWorker();
  return begun;
}

export async function openKilling(): Promise<Killing> {
  const [stage, s3, places] = await Promise.all([
    openStage([]),
    startSeaweedfs({ buckets: [{ name: 'copies', lock: false }] }),
    openPlaces(),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  const { policy } = await stage.lab.usePolicy(sectionsOf(s3, proxy));
  const { daily: plan } = policy.plans;
  const { base } = policy.repositories;
  const { fra } = plan?.signingKeys ?? {};
  if (plan === undefined || base?.kind !== 's3' || fra === undefined)
    throw new Error('the policy is another one');
  const repository: Killing['repository'] = async (name) => {
    const made = { ...base, name, prefix: name };
    await withStores([made], async (store) => {
      await markRepository(store, { organization: policy.organization });
    });
    return made;
  };
  let worker: Program | undefined;
  return {
    stage,
    proxy,
    policy,
    plan,
    repository,
    log: async (name) => ({
      organization: policy.organization,
      repository: await repository(name),
      witnesses: [],
      signingKeys: { fra },
    }),
    startWorker: async () => {
      worker = await workerOf(stage, places);
    },
    kill: async () => {
      await worker?.kill();
    },
    close: async () => {
      await worker?.kill();
      await Promise.all([stage.close(), proxy.stop(), places.close()]);
      await s3.stop();
    },
  };
}

async function workerOf(stage: Stage, { environment }: Places): Promise<Program> {
  // All that hangs has a place, and what must not hang has one left.
  const started = startProgram(['worker', '--zone', 'fra', '--concurrency', '32'], {
    TEMPORAL_ADDRESS: stage.orchestra.temporal.address,
    ...environment,
  });
  await started.saying('Working');
  return started;
}

/** The credentials get into our environment here, and from there to the worker. */
function sectionsOf(s3: S3Server, { endpoint }: FaultProxy): Record<string, unknown> {
  const lines = { zone: 'fra', prefix: 'base', deleteCredentials: { env: 'LAB_ROOT' } };
  process.env.LAB_ROOT_ACCESS_KEY_ID = s3.root.accessKeyId;
  process.env.LAB_ROOT_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
  return {
    repositories: { base: labBucket({ ...s3, endpoint }, 'copies', lines) },
    retention: { rules: { daily: '3d' } },
    sources: {
      shop: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'shop', user: 'backup' },
    },
    plans: {
      daily: {
        source: 'shop',
        schedule: '0 2 * * *',
        key: 'databases',
        copies: ['base'],
        retention: 'rules',
      },
    },
  };
}
