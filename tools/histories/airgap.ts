import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { progressQuery } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AirgapPhase,
  type AirgapProgress,
  attachedSignal,
  attachedUpdate,
  detachedUpdate,
} from '../../workflows/contract-airgap.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually } from '../servers/index.ts';
import { keepingFew } from './retention.ts';

type Recorded = { name: string; input: AirgapInput; meanwhile: (handle: WorkflowHandle) => Promise<void> };

/**
 * A disk that is attached and put away, with a stranger's word between; the same again, with a backup that expires; and
 * one that nobody brings.
 */
export function recordedAirgaps(lab: Lab, policy: ResolvedPolicy, plan: ResolvedPlan): Recorded[] {
  const path = join(lab.directory, 'safe');
  const input = inputOf(policy, plan, path);
  const hurried = { ...input.manual, remind: 1, patience: 4 };
  return [
    {
      name: 'airgap',
      input,
      meanwhile: async (handle) => {
        await reaching(handle, 'asking to attach');
        await handle.signal(attachedSignal, { by: 'stranger' });
        await mkdir(path);
        await handle.executeUpdate(attachedUpdate, { args: [{ by: 'op-1', fresh: true }] });
        await reaching(handle, 'asking to detach');
        await rename(path, `${path}-away`);
        await handle.executeUpdate(detachedUpdate, { args: [{ by: 'op-1' }] });
      },
    },
    {
      name: 'airgap-expired',
      input: {
        ...input,
        plans: input.plans.map((each) => ({ ...each, retained: keepingFew(plan) })),
      },
      meanwhile: async (handle) => {
        await reaching(handle, 'asking to attach');
        await putOld(`${path}-away`);
        await rename(`${path}-away`, path);
        await handle.executeUpdate(attachedUpdate, { args: [{ by: 'op-1' }] });
        await reaching(handle, 'asking to detach');
        await rename(path, `${path}-away`);
        await handle.executeUpdate(detachedUpdate, { args: [{ by: 'op-1' }] });
      },
    },
    { name: 'airgap-nobody', input: { ...input, manual: hurried }, meanwhile: async () => undefined },
  ];
}

/** A backup that is long gone elsewhere: retention goes by names. */
async function putOld(path: string): Promise<void> {
  const directory = join(path, 'shop/2020/01/02/20200102T010000Z-0a1b2c3d');
  await mkdir(directory, { recursive: true });
  for (const name of ['data-0a1b2c.dump.zst.gpg', 'manifest.json', 'manifest.json.sig'])
    await writeFile(join(directory, name), '');
}

function inputOf(policy: ResolvedPolicy, plan: ResolvedPlan, path: string): AirgapInput {
  const { organization, hash, signers, audit } = policy;
  const manual = {
    schedule: plan.schedule,
    role: 'operator',
    escalate: 'boss',
    remind: 3600,
    patience: 86_400,
  };
  const place = { zone: 'fra', region: 'EU', site: 'de-fra1', medium: 'disk' } as const;
  return {
    organization,
    policyHash: hash,
    repository: { ...place, kind: 'filesystem', name: 'safe', path, keepFree: 0, manual },
    manual,
    plans: [{ plan: plan.name, source: plan.source.name, from: plan.copies }],
    signers,
    people: [{ name: 'op-1', roles: ['operator'], sshKeys: [] }],
    ...(audit === undefined ? {} : { audit }),
  };
}

const reaching = (handle: WorkflowHandle, phase: AirgapPhase): Promise<void> =>
  eventually(async () => {
    const state = await handle.query<AirgapProgress>(progressQuery);
    if (state.phase !== phase) throw new Error(`it is ${state.phase}`);
  }, 60);
