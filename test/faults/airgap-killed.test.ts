import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Manual } from '../../policy/resolved.ts';
import { listBackups, readManifest, verifyFiles } from '../../repository/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery, taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AirgapPhase,
  type AirgapProgress,
  attachedSignal,
  detachedSignal,
} from '../../workflows/contract-airgap.ts';
import { pathsBelow } from '../support/files.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { directoryAt } from '../support/repositories.ts';
import { openStoreAt } from '../support/stores.ts';
import { idOf, openVault, type Vault } from '../support/vault.ts';

let vault: Vault;
let orchestra: Orchestra;
let places: Places;
let worker: Program;
/** Of the zone whose repository remembers the filling. */
let other: Program;

beforeAll(async () => {
  [vault, orchestra, places] = await Promise.all([openVault(), startOrchestra([]), openPlaces()]);
  [worker, other] = await Promise.all([startWorker('fra'), startWorker('ams')]);
});

afterAll(async () => {
  await Promise.all([worker?.kill(), other?.kill()]);
  await orchestra?.close();
  await Promise.all([vault?.close(), places?.close()]);
});

async function startWorker(zone: string): Promise<Program> {
  const started = startProgram(['worker', '--zone', zone], {
    TEMPORAL_ADDRESS: orchestra.temporal.address,
    ...places.environment,
  });
  await started.saying('Working');
  return started;
}

function inputOf(path: string): AirgapInput {
  const { organization, hash, signers, people } = vault.policy;
  const schedule = { cron: '0 10 * * 6', jitter: 0, catchup: 3600, deadline: 3600, paused: false };
  const manual: Manual = { schedule, role: 'intern', remind: 3600, patience: 86_400 };
  const safe = directoryAt(path, { name: 'safe', manual });
  const plans = [{ plan: 'shop-daily', source: 'shop', from: [vault.repository('offsite')] }];
  return { organization, policyHash: hash, repository: safe, manual, plans, signers, people };
}

it('a run whose worker is killed while it copies is finished by the next one: nothing half, nothing left behind', async () => {
  const path = join(vault.lab.directory, 'safe');
  const backups = await vault.fill([idOf(1), idOf(2), idOf(3)], ['offsite']);
  const handle = await orchestra.client.workflow.start<Workflows['airgap']>(workflowTypes.airgap, {
    workflowId: 'airgap/safe',
    taskQueue: taskQueueOf('fra'),
    args: [inputOf(path)],
  });
  const reaching = (phase: AirgapPhase) =>
    eventually(async () => {
      expect((await handle.query<AirgapProgress>(progressQuery)).phase).toBe(phase);
    }, 90);
  await reaching('asking to attach');
  // The second backup's data hangs: one is committed by then, one is begun.
  const rule = { method: 'GET', path: /\/data-/, skip: 1, times: 50, action: { do: 'hang' } } as const;
  const hit = vault.proxy.add(rule);
  await mkdir(path);
  await handle.signal(attachedSignal, { by: 'intern-1', fresh: true });
  await eventually(async () => expect(hit.hits()).toBeGreaterThan(0), 60);
  await worker.kill();
  vault.proxy.clear();
  worker = await startWorker('fra');

  await reaching('asking to detach');
  await rename(path, `${path}-away`);
  await handle.signal(detachedSignal, { by: 'intern-1' }).catch(() => undefined);
  expect(await handle.result()).toMatchObject({ result: 'passed', attachedBy: 'intern-1', exceptions: [] });
  const store = await openStoreAt(`${path}-away`, 'safe');
  const found = await listBackups(store);
  expect(found.map(({ backupId, committed }) => [backupId, committed])).toEqual(
    backups.map(({ backupId }) => [backupId, true]),
  );
  for (const backup of found)
    await verifyFiles(store, (await readManifest(store, backup, vault.policy.signers)).manifest);
  // What the killed worker had begun is no file of the backup, and goes with the next sweep or filling.
  await store.sweepUnfinished(0);
  store.close();
  expect((await pathsBelow(`${path}-away`)).filter((name) => name.includes('.part-'))).toEqual([]);
});
