import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newRunId } from '../../../cli/approvals.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import type { Approval } from '../../../workflows/contract-approval.ts';
import type { DeletionInput } from '../../../workflows/contract-deletion.ts';
import type { BackupRef } from '../../../workflows/contract-verify.ts';
import { makeSshKey } from '../../support/keys.ts';
import { type Orchestra, startOrchestra } from '../../support/orchestra.ts';
import { failureOf } from '../../support/stage.ts';
import {
  approve,
  cancel,
  type Deletion,
  idOf,
  openVault,
  reaching,
  stateOf,
  type Vault,
} from '../../support/vault.ts';

let vault: Vault;
let orchestra: Orchestra;
let backups: BackupRef[];

beforeAll(async () => {
  [vault, orchestra] = await Promise.all([
    openVault({ rule: { delay: '1h' } }),
    startOrchestra(['fra', 'ams']),
  ]);
  backups = await vault.fill([1, 2, 3, 4, 5].map((day) => idOf(day)));
});

afterAll(async () => {
  await orchestra?.close();
  await vault?.close();
});

const backup = (index: number): BackupRef => {
  const found = backups[index];
  if (found === undefined) throw new Error('no such backup');
  return found;
};

/** A request that waits for approvals. */
async function asked(changes: Partial<DeletionInput> = {}) {
  const handle = await vault.request(orchestra.client, [backup(0)], changes);
  return { handle, state: await reaching(handle, 'waiting for approvals') };
}

const lastAudited = async () => (await vault.audited()).at(-1);

/** Sends an approval both ways; both are to be refused with the same sentence, and recorded. */
async function refusedBothWays(handle: Deletion, approval: Approval, sentence: string): Promise<void> {
  const before = (await stateOf(handle)).approvals.length;
  const answer = await approve(handle, approval);
  expect(answer).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining(sentence) });
  const { refused } = await stateOf(handle);
  await handle.signal('approve', approval);
  await eventually(async () => {
    const state = await stateOf(handle);
    expect(state.refused).toHaveLength(refused.length + 1);
    expect(state.refused.at(-1)).toMatchObject({
      by: approval.by,
      sentence: expect.stringContaining(sentence),
    });
    expect(state.approvals).toHaveLength(before);
  }, 60);
  await eventually(async () => {
    const entries = (await vault.audited()).filter(({ action }) => action === 'deletion.refused');
    expect(entries.slice(-2)).toMatchObject(
      Array(2).fill({ person: approval.by, outcome: 'refused', reason: expect.stringContaining(sentence) }),
    );
  }, 60);
}

describe('an approval', () => {
  let handle: Deletion;
  let state: Awaited<ReturnType<typeof stateOf>>;

  beforeAll(async () => {
    ({ handle, state } = await asked());
  });

  afterAll(async () => {
    await cancel(handle, { by: 'dba-1', reason: 'end of the test' });
  });

  it('of a stranger is refused', async () => {
    const approval = await vault.approval('dba-2', state);
    await refusedBothWays(handle, { ...approval, by: 'mallory' }, 'knows no mallory');
  });

  it('of the requester is refused', async () => {
    await refusedBothWays(handle, await vault.approval('dba-1', state), 'asked for this deletion');
  });

  it('of somebody without the role is refused', async () => {
    await refusedBothWays(handle, await vault.approval('intern-1', state), 'has not the role approver');
  });

  it('for another list is refused', async () => {
    const approval = await vault.approval('dba-2', state, { hash: 'b'.repeat(64) });
    await refusedBothWays(handle, approval, 'another list');
  });

  it('that was signed for another run is refused', async () => {
    const approval = await vault.approval('dba-2', state, { workflowId: 'deletion/other' });
    await refusedBothWays(handle, approval, 'does not fit what was to be signed');
  });

  it("in one person's name, signed with the key of another, is refused", async () => {
    const approval = { ...(await vault.approval('dba-3', state)), by: 'dba-2' };
    await refusedBothWays(handle, approval, 'is not one of dba-2');
  });

  it('without a signature is refused', async () => {
    const { signature: _, ...approval } = await vault.approval('dba-2', state);
    await refusedBothWays(handle, approval, 'is not signed');
  });

  it('that is malformed is rejected as an Update and told as a Signal', async () => {
    await expect(handle.executeUpdate('approve', { args: [{ by: 'dba-2' }] })).rejects.toThrow();
    await handle.signal('approve', { by: 'dba-2' });
    await eventually(async () => {
      expect((await stateOf(handle)).refused.at(-1)?.sentence).toContain('Say which list');
    }, 60);
  });

  it('counts once, however often it is sent', async () => {
    const approval = await vault.approval('dba-2', state);
    const answers = await Promise.all([approve(handle, approval), approve(handle, approval)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['approved', 'refused']);
    await refusedBothWays(handle, approval, 'counts once');
    expect((await stateOf(handle)).approvals).toMatchObject([
      { by: 'dba-2', key: expect.stringMatching(/^SHA256:/) },
    ]);
  });

  it('that comes as a Signal counts too, and the delay begins', async () => {
    await handle.signal('approve', await vault.approval('dba-3', state));
    const waiting = await reaching(handle, 'waiting out the delay');
    expect(waiting.approvals.map(({ by }) => by)).toEqual(['dba-2', 'dba-3']);
    expect(Date.parse(waiting.due ?? '')).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it('that comes when there are enough is refused', async () => {
    await refusedBothWays(handle, await vault.approval('dba-2', state), 'has the approvals that it needs');
  });
});

describe('a key that two people share', () => {
  it('counts for one of them', async () => {
    const shared = await makeSshKey();
    const { handle, state } = await asked({
      people: vault.policy.people.map((person) =>
        ['dba-2', 'dba-3'].includes(person.name) ? { ...person, sshKeys: [shared.publicKey] } : person,
      ),
    });
    const by = (name: string) => vault.approvalWith(shared.privateKey, name, state);
    expect(await approve(handle, await by('dba-2'))).toMatchObject({ outcome: 'approved' });
    expect(await approve(handle, await by('dba-3'))).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('in the name of dba-2'),
    });
    await cancel(handle, { by: 'dba-2', reason: 'end of the test' });
  });
});

describe('signatures: named', () => {
  it('trusts the name', async () => {
    const { handle, state } = await asked({
      rule: { ...vault.policy.deletion, signatures: 'named', approvals: 1 },
    });
    const hash = state.list?.sha256 ?? '';
    expect(await approve(handle, { by: 'mallory', hash })).toMatchObject({ outcome: 'refused' });
    expect(await approve(handle, { by: 'dba-2', hash })).toMatchObject({ outcome: 'approved' });
    await cancel(handle, { by: 'dba-2', reason: 'end of the test' });
  });
});

describe('a cancellation', () => {
  it('of a stranger is refused, of anyone of the policy followed, also as a Signal', async () => {
    const { handle, state } = await asked();
    expect(await cancel(handle, { by: 'mallory', reason: 'mine' })).toMatchObject({ outcome: 'refused' });
    expect(await lastAudited()).toMatchObject({ action: 'deletion.refused', person: 'mallory' });
    await handle.signal('cancel', { by: 'intern-1', reason: 'still needed' });
    expect(await handle.result()).toMatchObject({ result: 'aborted', outcome: 'cancelled' });
    expect(await lastAudited()).toMatchObject({
      action: 'deletion.cancelled',
      person: 'intern-1',
      reason: 'still needed',
    });
    await expect(vault.approval('dba-2', state).then((late) => approve(handle, late))).rejects.toThrow();
  });

  it('in Temporal itself is recorded', async () => {
    const { handle } = await asked();
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(await lastAudited()).toMatchObject({
      action: 'deletion.cancelled',
      reason: 'cancelled in Temporal',
    });
    expect((await stateOf(handle)).phase).toBe('cancelled');
  });

  it('is heard before an approval that comes with it', async () => {
    const { handle, state } = await asked();
    const late = await vault.approval('dba-2', state);
    await handle.signal('cancel', { by: 'dba-3', reason: 'no' });
    await handle.signal('approve', late);
    await handle.result();
    expect((await stateOf(handle)).approvals).toEqual([]);
  });
});

it('messages are turned away once 200 were refused, but for a cancellation that counts', async () => {
  // Without an audit log: each refusal would be written there.
  const { audit: _audit, ...input } = vault.input([backup(0)]);
  const handle = await orchestra.client.workflow.start<Workflows['deletion']>(workflowTypes.deletion, {
    workflowId: newRunId('deletion'),
    taskQueue: taskQueueOf('fra'),
    args: [input],
  });
  const state = await reaching(handle, 'waiting for approvals');
  const noise: Approval = { by: 'mallory', hash: state.list?.sha256 ?? '' };
  for (let sent = 0; sent < 200; sent += 10)
    await Promise.all(Array.from({ length: 10 }, () => approve(handle, noise)));
  const good = await vault.approval('dba-2', state);
  const full = { cause: { message: 'Too many messages were refused by now.' } };
  for (const sending of [approve(handle, good), cancel(handle, { by: 'mallory', reason: 'mine' })])
    await expect(sending).rejects.toMatchObject(full);
  await handle.signal('approve', good);
  await handle.signal('approve', noise);
  await handle.signal('cancel', { by: 'mallory', reason: 'mine' });
  await handle.signal('cancel', { by: 'mallory' });
  await cancel(handle, { by: 'intern-1', reason: 'enough' });
  expect(await handle.result()).toMatchObject({ outcome: 'cancelled', approvals: [] });
  expect((await stateOf(handle)).refused).toHaveLength(200);
});

describe('a request', () => {
  const refusal = (changes: Partial<DeletionInput>, refs = [backup(0)]) =>
    vault.request(orchestra.client, refs, changes).then((handle) => failureOf(handle.result()));

  it('for the newest backup is refused, and recorded', async () => {
    expect(await refusal({}, [backup(4)])).toEqual({
      code: 'refused',
      sentence: expect.stringContaining('has no newer verified backup'),
    });
    expect(await lastAudited()).toMatchObject({ action: 'deletion.refused', person: 'dba-1' });
  });

  it('for all backups is refused', async () => {
    expect((await refusal({}, backups)).sentence).toContain('the last verified backup of shop');
  });

  it('of a stranger, without a reason, or that nobody could approve is refused', async () => {
    expect((await refusal({ requester: 'mallory' })).sentence).toContain('knows no mallory');
    expect(await refusal({ reason: ' ' })).toMatchObject({ code: 'bad-usage' });
    expect(await refusal({ reason: 'a\nlist: b' })).toMatchObject({ code: 'bad-usage' });
    expect((await refusal({ rule: { ...vault.policy.deletion, approvals: 3 } })).sentence).toContain(
      '3 people must, and the policy has 2',
    );
    expect((await refusal({ rule: { ...vault.policy.deletion, approvals: 0 } })).sentence).toContain(
      'without approvals',
    );
  });

  it('decides nothing while a repository is away', async () => {
    const rule = vault.proxy.add({ times: 1000, action: { do: 'answer', status: 403 } });
    const { sentence } = await refusal({});
    vault.proxy.clear();
    expect(rule.hits()).toBeGreaterThan(0);
    expect(sentence).toContain("offsite can't be read, so nothing is decided");
  });

  it('shows in its current details what goes, why it may, and the commands', async () => {
    const { handle, state } = await asked();
    const details = await orchestra.client.workflow
      .getHandle(handle.workflowId)
      .query<string>('__temporal_workflow_metadata')
      .then((metadata) => JSON.stringify(metadata));
    for (const text of [
      backup(0).backupId,
      'is verified in',
      state.list?.sha256 ?? '',
      'dba-2, dba-3',
      `holdfast deletion approve ${handle.workflowId} --as NAME --sign-with KEYFILE`,
      `holdfast deletion sign ${handle.workflowId}`,
      `holdfast deletion cancel ${handle.workflowId}`,
    ])
      expect(details).toContain(text);
    await cancel(handle, { by: 'dba-2', reason: 'end of the test' });
  });
});
