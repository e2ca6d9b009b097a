import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { loadPolicy } from '../../policy/index.ts';
import type { ResolvedPolicy, SecretRef } from '../../policy/resolved.ts';
import { listApplied, listBackups, readApplied, readManifest, verifyFiles } from '../../repository/index.ts';
import { fingerprintOfKey } from '../../repository/person-signature.ts';
import { eventually } from '../../tools/servers/index.ts';
import { progressQuery, type Workflows } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AirgapProgress,
  attachedSignal,
  attachedUpdate,
  detachedSignal,
  detachedUpdate,
} from '../../workflows/contract-airgap.ts';
import { directoryAt } from '../support/repositories.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { failureOf } from '../support/stage.ts';
import { openStoreAt } from '../support/stores.ts';

const settings = { cron: '0 10 * * 6', jitter: 0, catchup: 3600, deadline: 3600, paused: false };

describe('an air-gapped repository', () => {
  let scene: Scene;
  let policy: ResolvedPolicy;
  let mount: string;

  beforeAll(async () => {
    scene = await openScene({ tables: 'create table t as select generate_series(1, 100) i' });
    const { lines } = await scene.directory('local');
    policy = await scene.apply(
      { local: lines },
      { daily: { copies: ['local'] }, other: { copies: ['local'] } },
    );
    expect(await publish(policy.signingKeys.fra)).toMatchObject({
      repositories: [{ outcome: 'published', signedBy: expect.stringMatching(/^SHA256:/) }],
    });
    mount = join(scene.stage.lab.directory, 'mnt-safe');
    for (const name of ['daily', 'daily', 'other'])
      await scene.stage.execute('backup', { plan: scene.plan(name) });
  });
  afterAll(() => scene.close());

  /** As `apply` does it, with a key that signs. */
  async function publish(signingKey: SecretRef = { env: 'NOT_SET' }) {
    const { source: text, publicKeys } = await loadPolicy(scene.stage.lab.policyFile);
    const { organization, hash } = policy;
    const seal = { at: new Date().toISOString(), publicKeys, zone: 'fra', signingKey };
    const repositories = Object.values(policy.repositories);
    return scene.stage.execute('publishPolicy', { organization, hash, text, repositories, seal });
  }

  it('gets the policy as somebody signed it; one that can not be signed is laid down all the same, and told', async () => {
    expect(await publish()).toMatchObject({
      repositories: [{ repository: 'local', outcome: 'unchanged' }],
      warnings: [expect.stringMatching(/could not be signed.*NOT_SET is not set/)],
    });
  });

  function input(): AirgapInput {
    const manual = { schedule: settings, role: 'operator', remind: 3600, patience: 86_400 };
    return {
      organization: policy.organization,
      policyHash: policy.hash,
      repository: directoryAt(mount, { name: 'safe', manual }),
      manual,
      plans: ['daily', 'other'].map((plan) => ({ plan, source: 'shop', from: scene.plan(plan).copies })),
      signers: policy.signers,
      people: [
        { name: 'op-1', roles: ['operator'], sshKeys: [] },
        { name: 'dba-1', roles: ['dba'], sshKeys: [] },
      ],
    };
  }

  const phase = (handle: WorkflowHandle<Workflows['airgap']>, wanted: AirgapProgress['phase']) =>
    eventually(async () => {
      const state = await handle.query<AirgapProgress>(progressQuery);
      expect(state.phase).toBe(wanted);
      return state;
    }, 60);

  const tell = (handle: WorkflowHandle<Workflows['airgap']>, update: string, word: unknown) =>
    handle.executeUpdate<string, [unknown]>(update, { args: [word] });

  const refusal = async (answer: Promise<string>): Promise<string> => {
    const error = await answer.catch((thrown: unknown) => thrown);
    if (!(error instanceof WorkflowUpdateFailedError)) throw new Error(`it was taken: ${String(error)}`);
    return error.cause?.message ?? '';
  };

  it('is asked for, filled with what is missing, and asked to be put away; the online ones remember it', async () => {
    const handle = await scene.stage.start('airgap', input());
    expect(await phase(handle, 'asking to attach')).toMatchObject({ asked: 1, roles: ['operator'] });
    expect(await refusal(tell(handle, attachedUpdate, { by: 'stranger' }))).toMatch(/knows no stranger/);
    expect(await refusal(tell(handle, attachedUpdate, { by: 'dba-1' }))).toMatch(/for operator/);
    expect(await refusal(tell(handle, attachedUpdate, {}))).toMatch(/who you are/);
    expect(await refusal(tell(handle, detachedUpdate, { by: 'op-1' }))).toMatch(/asking to attach/);
    expect(await refusal(tell(handle, attachedUpdate, { by: 'op-1' }))).toMatch(/safe/);

    await mkdir(mount);
    expect(await refusal(tell(handle, attachedUpdate, { by: 'op-1' }))).toMatch(/no marker/);
    expect(await tell(handle, attachedUpdate, { by: 'op-1', fresh: true })).toBe('safe is attached.');
    const filled = await phase(handle, 'asking to detach');
    expect(filled).toMatchObject({ attachedBy: 'op-1', plans: [{ copied: 2 }, { copied: 1 }] });
    expect(await refusal(tell(handle, detachedUpdate, { by: 'op-1' }))).toMatch(/is attached/);

    await rename(mount, `${mount}-away`);
    await tell(handle, detachedUpdate, { by: 'op-1' });
    expect(await handle.result()).toMatchObject({
      result: 'passed',
      attachedBy: 'op-1',
      detachedBy: 'op-1',
      exceptions: [],
    });
    const store = await openStoreAt(`${mount}-away`, 'safe');
    const backups = (await listBackups(store)).filter(({ committed }) => committed);
    expect(backups).toHaveLength(3);
    for (const backup of backups)
      await verifyFiles(store, (await readManifest(store, backup, policy.signers)).manifest);
    expect(await store.get(`_policy/${policy.hash}.yaml`)).not.toBeNull();
    const trusted = new Set(policy.signers.map(({ publicKey }) => fingerprintOfKey(publicKey)));
    const [last = ''] = await listApplied(store);
    expect((await readApplied(store, last, trusted)).applied.hash).toBe(policy.hash);
    store.close();
    const local = scene.plan('daily').copies;
    const state = await scene.stage.execute('airgapState', { repository: 'safe', records: local });
    expect(state).toMatchObject({
      unreadable: [],
      record: { repository: 'safe', plans: [{ plan: 'daily' }, { plan: 'other' }] },
    });
  });

  it("that is attached already needs no word; a Signal does as well, and a stranger's is refused and told", async () => {
    await rename(`${mount}-away`, mount);
    const handle = await scene.stage.start('airgap', input());
    expect(await phase(handle, 'asking to detach')).toMatchObject({
      attachedBy: null,
      plans: [{ copied: 0 }, {}],
    });
    await rm(mount, { recursive: true });
    // The run may have seen it go before it hears of it.
    await handle.signal(detachedSignal, { by: 'op-1' }).catch(() => undefined);
    expect(await handle.result()).toMatchObject({ result: 'passed', exceptions: [] });

    const next = await scene.stage.start('airgap', input());
    await phase(next, 'asking to attach');
    await next.signal(attachedSignal, { by: 'stranger' });
    await eventually(async () => {
      const { notes } = await next.query<AirgapProgress>(progressQuery);
      expect(notes).toEqual(['Refused: The policy knows no stranger among its people.']);
    }, 30);
    await next.cancel();
    expect((await failureOf(next.result())).code).toBe('CancelledFailure');
  });
});
