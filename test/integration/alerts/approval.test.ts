import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Route } from '../../../policy/resolved-proof.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { taskQueueOf, workflowTypes } from '../../../workflows/contract.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import type { DeletionInput } from '../../../workflows/contract-deletion.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import {
  approve,
  cancel,
  type Deletion,
  idOf,
  openVault,
  reaching,
  type Vault,
} from '../../support/vault.ts';

let vault: Vault;
let skipping: Skipping;
let receiver: Receiver;
let nextDay = 1;

beforeAll(async () => {
  [vault, skipping, receiver] = await Promise.all([
    openVault({ rule: { approvals: 1, delay: '0s' } }),
    openSkipping(['fra', 'ams']),
    startReceiver(),
  ]);
  const channels = ['approvers', 'all'].map((name) => ({
    name,
    kind: 'webhook' as const,
    url: { url: `${receiver.url}/${name}` },
  }));
  const quiet = { severities: ['warning' as const], repeat: 0, escalate: [] };
  const routes: Route[] = [
    { ...quiet, roles: ['approver'], to: ['approvers'] },
    { ...quiet, to: ['all'] },
  ];
  await skipping.environment.client.workflow.start(workflowTypes.alerts, {
    workflowId: alertsWorkflowId,
    taskQueue: taskQueueOf('fra'),
    args: [{ rules: { channels, routes } }],
  });
});
beforeEach(() => {
  receiver.received.length = 0;
});
afterAll(async () => {
  await skipping?.close();
  await Promise.all([vault?.close(), receiver?.down()]);
});

/** A request to delete the older of two backups, whose approvers have been asked. */
async function asked(changes: Partial<DeletionInput> = {}): Promise<Deletion> {
  const [old] = await vault.fill([idOf(nextDay), idOf(nextDay + 1)]);
  nextDay += 2;
  if (old === undefined) throw new Error('no backup was made');
  const handle = await vault.request(skipping.environment.client, [old], { alertZone: 'fra', ...changes });
  await reaching(handle, 'waiting for approvals');
  return handle;
}

/** `opened`, `closed`: what people heard of a request, in order. */
const heardOf = ({ workflowId }: Deletion): string[] =>
  receiver.received.flatMap(({ path, body }) => {
    const { alerts }: { alerts: { state: string; kind: string; subject: string }[] } = JSON.parse(body);
    return alerts
      .filter(({ subject }) => subject === workflowId)
      .map(({ state, kind }) => `${path} ${state} ${kind}`);
  });

const alertsState = (): Promise<AlertsState> =>
  skipping.environment.client.workflow.getHandle(alertsWorkflowId).query<AlertsState>(alertsQuery);

/** Whole hours for which a request was open. */
async function hoursOf({ workflowId }: Deletion): Promise<number> {
  const closed = (await alertsState()).closed.find(({ subject }) => subject === workflowId);
  if (closed === undefined) throw new Error(`${workflowId} is not closed`);
  return Math.floor((Date.parse(closed.closedAt) - Date.parse(closed.openedAt)) / 3_600_000);
}

const both = ['/approvers opened approval-asked', '/approvers closed approval-asked'];

describe('those who may approve a deletion', () => {
  it('are told what is wanted and how to approve it, and that it is decided', async () => {
    const handle = await asked();
    const { open } = await eventually(async () => {
      const state = await alertsState();
      if (state.open.length !== 1) throw new Error(`${state.open.length} are open`);
      return state;
    }, 30);
    expect(open[0]).toMatchObject({
      kind: 'approval-asked',
      subject: handle.workflowId,
      roles: ['approver'],
      sentence: expect.stringContaining(
        `holdfast deletion approve ${handle.workflowId} --as NAME --sign-with KEYFILE`,
      ),
    });
    expect(open[0]?.sentence).toMatch(/^dba-1 wants shop\/20261101T010000Z-1a2b3c4d to be deleted\./);
    await skipping.environment.sleep('1 minute');
    expect(heardOf(handle)).toEqual(both.slice(0, 1));
    const state = await reaching(handle, 'waiting for approvals');
    await approve(handle, await vault.approval('dba-2', state));
    expect(await handle.result()).toMatchObject({ outcome: 'deleted' });
    await skipping.environment.sleep('1 minute');
    expect(heardOf(handle)).toEqual(both);
    expect(await hoursOf(handle)).toBe(0);
  });

  it('are told that it is over when somebody cancels it', async () => {
    const handle = await asked();
    await skipping.environment.sleep('1 minute');
    await cancel(handle, { by: 'dba-3', reason: 'still needed' });
    expect(await handle.result()).toMatchObject({ outcome: 'cancelled' });
    await skipping.environment.sleep('1 minute');
    expect(heardOf(handle)).toEqual(both);
    expect(await hoursOf(handle)).toBe(0);
  });

  it('are told so when its time is over, also where the run was ended from outside and says nothing', async () => {
    const handle = await asked();
    await skipping.environment.sleep('1 minute');
    await handle.terminate();
    await skipping.environment.sleep('6 days');
    expect(heardOf(handle)).toEqual(both.slice(0, 1));
    await skipping.environment.sleep('2 days');
    expect(heardOf(handle)).toEqual(both);
    expect(await hoursOf(handle)).toBe(7 * 24 - 1);
  });
});
