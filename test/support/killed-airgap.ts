import { rename } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type {
  FilesystemRepository,
  Manual,
  ResolvedRepository,
  S3Repository,
} from '../../policy/resolved.ts';
import { markRepository } from '../../repository/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AirgapPhase,
  type AirgapProgress,
  detachedSignal,
} from '../../workflows/contract-airgap.ts';
import { type Begun, below, hangAt, type Killing, loseAnswerOf } from './killing.ts';
import { idOfDay, idsOfDays, makePast, pastIn, withStores } from './past.ts';

const schedule = { cron: '0 10 * * 6', jitter: 0, catchup: 3600, deadline: 3600, paused: false };

/** Reminders come too late for a test: what a killed worker was asked must be asked again by itself. */
const manual: Manual = { schedule, role: 'operator', remind: 86_400, patience: 86_400 };

type Filling = { online: S3Repository; safe: ResolvedRepository; changes?: Partial<AirgapInput> };

/** A repository with four backups of these days. */
async function filled(scene: Killing, name: string): Promise<S3Repository> {
  const online = await scene.repository(name);
  await makePast(scene.stage.lab, [online], idsOfDays(3, 0), { plan: 'daily' });
  return online;
}

async function begin(scene: Killing, { online, safe, changes }: Filling) {
  const { organization, hash, signers } = scene.policy;
  const handle = await scene.stage.start('airgap', {
    organization,
    policyHash: hash,
    repository: { ...safe, manual },
    manual,
    plans: [{ plan: 'daily', source: 'shop', from: [online] }],
    signers,
    people: [{ name: 'op-1', roles: ['operator'], sshKeys: [] }],
    ...changes,
  });
  const reaching = (phase: AirgapPhase) =>
    eventually(async () => {
      expect(await handle.query<AirgapProgress>(progressQuery)).toMatchObject({ phase });
    }, 60);
  return { handle, reaching };
}

async function disk(scene: Killing, name: string): Promise<FilesystemRepository> {
  const { zone, region, site } = await scene.repository(`${name}-place`);
  const path = await scene.stage.lab.repositoryPath(name);
  const made = { kind: 'filesystem', name, zone, region, site, medium: 'disk', path, keepFree: 0 } as const;
  await withStores([made], async (store) => {
    await markRepository(store, { organization: scene.policy.organization });
  });
  return made;
}

const idsIn = async (repository: ResolvedRepository) => [...(await pastIn(repository)).keys()].sort();

/** How often a filling was written down. */
async function fillingsIn(repository: ResolvedRepository): Promise<number> {
  let found = 0;
  await withStores([repository], async (store) => {
    for (const { key } of await store.list('_airgap/')) if (key.endsWith('.json')) found += 1;
  });
  return found;
}

/** An air-gap run, while it waits for people and disks. */
export const airgapCases: Record<string, (scene: Killing) => Promise<Begun>> = {
  'an air-gap run, while it looks whether the disk is attached': async (scene) => {
    const [online, safe] = await Promise.all([filled(scene, 'attach'), scene.repository('attach-safe')]);
    const hung = hangAt(scene.proxy, { path: below('attach-safe', '_holdfast') });
    const { handle, reaching } = await begin(scene, { online, safe });
    return {
      hung,
      finished: async () => {
        await reaching('asking to detach');
        expect(await idsIn(safe)).toEqual(idsOfDays(3, 0));
        await handle.terminate();
      },
    };
  },
  'an air-gap run, while it asks to detach the disk, and writes down what was filled': async (scene) => {
    const [online, safe] = await Promise.all([filled(scene, 'detach'), disk(scene, 'detach-safe')]);
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('detach', '_airgap/') });
    const { handle, reaching } = await begin(scene, { online, safe });
    await reaching('asking to detach');
    return {
      hung,
      finished: async () => {
        await rename(safe.path, `${safe.path}-away`);
        await handle.signal(detachedSignal, { by: 'op-1' });
        expect(await handle.result()).toMatchObject({
          result: 'passed',
          detachedBy: 'op-1',
          plans: [{ copied: 4 }],
        });
        const { notes } = await handle.query<AirgapProgress>(progressQuery);
        expect(notes).toEqual([]);
        expect(await fillingsIn(online)).toBe(1);
        expect(await idsIn({ ...safe, path: `${safe.path}-away` })).toEqual(idsOfDays(3, 0));
      },
    };
  },
  'an air-gap run, while it removes what has expired': async (scene) => {
    const [online, safe, audit] = await Promise.all([
      filled(scene, 'expire'),
      scene.repository('expire-safe'),
      scene.log('expire-log'),
    ]);
    await makePast(scene.stage.lab, [safe], [idOfDay(8), idOfDay(7)], { plan: 'daily' });
    const retained = { ...scene.plan, copies: [online] };
    await scene.stage.execute('retention', { plan: retained, mode: 'run' });
    // No other run that is killed with it removes anything: a request to remove many keys names them in its body alone.
    const hung = loseAnswerOf(scene.proxy, { method: 'POST', query: { delete: /^/ } });
    const plans = [{ plan: 'daily', source: 'shop', from: [online], retained }];
    const { handle, reaching } = await begin(scene, { online, safe, changes: { plans, audit } });
    return {
      hung,
      finished: async () => {
        await reaching('asking to detach');
        expect(await handle.query<AirgapProgress>(progressQuery)).toMatchObject({
          expired: [{ plan: 'daily', removed: 2, exceptions: [] }],
          notes: [],
        });
        expect(await idsIn(safe)).toEqual(idsOfDays(3, 0));
        const filter = { action: 'backup.expired' };
        const { entries } = await scene.stage.execute('audit', { target: audit, filter, limit: 10 });
        expect(entries).toMatchObject([{ facts: { removed: 2 } }, { facts: { backups: 2 } }]);
        await handle.terminate();
      },
    };
  },
};
