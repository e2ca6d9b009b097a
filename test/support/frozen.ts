import { readFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Activities } from '../../activities/types.ts';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { keyOf, markRepository } from '../../repository/index.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { putPastBackup } from '../../tools/lab/past.ts';
import { type FaultProxy, startFaultProxy, startMinistack } from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { ThawRule } from '../../workflows/contract-thaw.ts';
import { repositoryAt } from '../integration/s3-fixture.ts';
import { attemptOf } from './attempts.ts';
import { inDirectory } from './keys.ts';
import { manifestFileBytes, manifestOf } from './manifests.ts';
import { withStores } from './past.ts';
import { planOf } from './plans.ts';
import { openSkipping } from './skipping.ts';
import { readAll } from './store-access.ts';

type Copies = { near: ResolvedRepository; far: ResolvedRepository };

/** Copies of a backup in a service with storage classes, behind a proxy that breaks it, and a time that skips. */
export type Frozen = {
  proxy: FaultProxy;
  /** What was asked of the archive, and read of the copies, in order. */
  told: string[];
  /** Looks that are to fail once each. */
  failing: string[];
  /** Two copies of the backup in buckets of their own; those named lie in an archive. */
  copies(...archived: (keyof Copies)[]): Promise<Copies>;
  /** @param thaw null: a run that began before copies were asked back */
  restore(
    candidates: ResolvedRepository[],
    thaw?: ThawRule | null,
  ): Promise<WorkflowHandle<Workflows['restore']>>;
  test(
    repositories: ResolvedRepository[],
    thaw?: ThawRule,
  ): Promise<WorkflowHandle<Workflows['restoreTest']>>;
  /** Forgets what was told, and mends what was broken. */
  clear(): void;
  close(): Promise<void>;
};

const manifest = manifestOf({ copies: ['near', 'far'] });
const dataKey = keyOf(manifest, manifest.files[0]?.name ?? '');

export const frozenBackup = { source: manifest.source, backupId: manifest.backupId };

/** How long a copy is brought back for, and waited for, where a test says nothing else. */
export const usualThaw: ThawRule = { days: 7, patience: 4 * 86_400 };

/** @param most how often copies can be made */
export async function openFrozen(most: number): Promise<Frozen> {
  const heard = { told: [] as string[], failing: [] as string[] };
  const rounds = Array.from({ length: most }, (_, index) => index + 1);
  const server = await startMinistack({
    buckets: ['near', 'far'].flatMap((name) => rounds.map((each) => ({ name: `${name}${each}` }))),
  });
  const proxy = await startFaultProxy(server.endpoint);
  const skipping = await openSkipping(['fra'], (real) => observed(real, heard));
  const { workflow } = skipping.environment.client;
  const { publicKey, privateKey } = await signingKey();
  const signers = [{ name: 'fra', publicKey }];
  const taskQueue = taskQueueOf('fra');
  let round = 0;

  const copyIn = async (name: keyof Copies, archived: boolean): Promise<ResolvedRepository> => {
    const through = { endpoint: proxy.endpoint, region: server.region };
    const repository = repositoryAt(through, `${name}${round}`, server.root, { name, zone: 'fra' });
    await withStores([repository], async (store) => {
      await markRepository(store, { organization: manifest.organization });
      const files = new Map(manifest.files.map((file) => [file.name, manifestFileBytes]));
      await inDirectory((directory) =>
        putPastBackup([store], manifest, files, { privateKey, signers, directory }),
      );
      if (archived) await store.setStorageClass(dataKey, 'GLACIER');
    });
    return repository;
  };

  return {
    proxy,
    ...heard,
    copies: async (...archived) => {
      round += 1;
      const near = await copyIn('near', archived.includes('near'));
      return { near, far: await copyIn('far', archived.includes('far')) };
    },
    restore: (candidates, thaw = usualThaw) => {
      const asked = { backup: frozenBackup, zone: 'fra', candidates, signers, keys: [], keep: 0 };
      return workflow.start<Workflows['restore']>(workflowTypes.restore, {
        workflowId: `restore/${round}`,
        taskQueue,
        args: [{ ...asked, ...(thaw === null ? {} : { thaw }) }],
      });
    },
    test: (repositories, thaw) => {
      const plan = planOf('daily', { copies: repositories, signers });
      const from = repositories.map(({ name }) => name);
      const test = { pick: { kind: 'latest' as const }, zone: 'fra', from, smoke: [], jobs: 1 };
      const source = { ...plan.source, name: frozenBackup.source };
      return workflow.start<Workflows['restoreTest']>(workflowTypes.restoreTest, {
        workflowId: `restore-test/${round}`,
        taskQueue,
        args: [
          {
            plan: { ...plan, source, signingKeys: {} },
            test: { ...test, ...(thaw === undefined ? {} : { thaw }) },
          },
        ],
      });
    },
    clear: () => {
      heard.told.length = 0;
      heard.failing.length = 0;
      proxy.clear();
    },
    close: async () => {
      await skipping.close();
      await proxy.stop();
      await server.stop();
    },
  };
}

/** Everything is the real thing but the database: the bytes of the copy stand for what is restored. */
function observed(
  real: Activities,
  { told, failing }: Pick<Frozen, 'told' | 'failing'>,
): Partial<Activities> {
  const read = async (repository: ResolvedRepository, verb: string): Promise<number> => {
    let bytes = 0;
    await withStores([repository], async (store) => {
      bytes = (await readAll(store, dataKey)).length;
    });
    told.push(`${verb} ${repository.name}`);
    return bytes;
  };
  return {
    testCopy: async ({ repository }) => attemptOf(repository.name, { bytes: await read(repository, 'test') }),
    thawCopy: async (input) => {
      const verb = input.ask === null ? 'look' : 'ask';
      if (verb === 'ask' && failing.length > 0) throw new Error(failing.pop());
      const state = await real.thawCopy(input);
      told.push(`${verb} ${input.repository.name} ${state.asleep}/${state.files}`);
      return state;
    },
    restoreIntoScratch: async ({ repository }) => {
      const nothing = { tables: null, rows: null, differences: [], warnings: [] };
      const bytes = await read(repository, 'restore');
      return { repository: repository.name, signedBy: 'fra', seconds: 1, bytes, ...nothing };
    },
  };
}

const signingKey = () =>
  inDirectory(async (directory) => {
    const { publicFile, privateFile } = await makeSigningKey(directory, 'fra');
    const [publicKey, privateKey] = await Promise.all(
      [publicFile, privateFile].map((file) => readFile(file, 'utf8')),
    );
    return { publicKey: publicKey ?? '', privateKey: privateKey ?? '' };
  });
