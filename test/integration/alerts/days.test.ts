import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Route } from '../../../policy/resolved-proof.ts';
import { taskQueueOf, workflowTypes } from '../../../workflows/contract.ts';
import {
  type AlertsState,
  alertsQuery,
  type Observation,
  observeSignal,
} from '../../../workflows/contract-alerts.ts';
import { finding } from '../../support/alerts.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';

let skipping: Skipping;
let receiver: Receiver;
let current: WorkflowHandle | undefined;
let count = 0;

beforeAll(async () => {
  [skipping, receiver] = await Promise.all([openSkipping(['fra']), startReceiver()]);
});
afterEach(() => current?.terminate());
afterAll(async () => {
  await skipping?.close();
  await receiver?.down();
});

/** Alerts of their own, with one route to the channel `ops` and others that escalation may reach. */
async function open(route: Partial<Route>): Promise<WorkflowHandle> {
  count += 1;
  receiver.received.length = 0;
  const channels = ['ops', 'boss'].map((name) => ({
    name,
    kind: 'webhook' as const,
    url: { url: `${receiver.url}/${name}` },
  }));
  const routes: Route[] = [
    { severities: ['critical', 'warning', 'info'], to: ['ops'], repeat: 0, escalate: [], ...route },
  ];
  current = await skipping.environment.client.workflow.start(workflowTypes.alerts, {
    workflowId: `alerts-${count}`,
    taskQueue: taskQueueOf('fra'),
    args: [{ rules: { channels, routes } }],
  });
  return current;
}

async function find(handle: WorkflowHandle, subjects: string[]): Promise<void> {
  const at = new Date(await skipping.environment.currentTimeMs()).toISOString();
  const findings = subjects.map((subject) => finding('no-backup', subject));
  await handle.signal<[Observation]>(observeSignal, { observer: 'health', at, findings });
}

/** `ops opened shop`, in order. */
const told = (): string[] =>
  receiver.received.map(({ path, body }) => {
    const { alerts }: { alerts: { state: string; subject: string }[] } = JSON.parse(body);
    return [path.slice(1), ...alerts.map(({ state, subject }) => `${state} ${subject}`)].join(' ');
  });

const stateOf = (handle: WorkflowHandle) => handle.query<AlertsState>(alertsQuery);

describe('over days', () => {
  it('an alert is repeated as the route says, escalated when it lasts, and closed for all', async () => {
    const handle = await open({ repeat: 12 * 3600, escalate: [{ after: 30 * 3600, to: ['boss'] }] });
    await find(handle, ['shop']);
    await skipping.environment.sleep('3 days');
    const repeated = (name: string, times: number) => new Array(times).fill(`${name} still-open shop`);
    const by = (name: string) => told().filter((word) => word.startsWith(name));
    expect(by('ops')).toEqual(['ops opened shop', ...repeated('ops', 5)]);
    expect(by('boss')).toEqual(['boss escalated shop', ...repeated('boss', 3)]);
    await find(handle, []);
    await skipping.environment.sleep('1 hour');
    expect(told().slice(-2).sort()).toEqual(['boss closed shop', 'ops closed shop']);
  });

  it('a channel that is down for days is said to be, and then gets one message; others go on', async () => {
    const handle = await open({ to: ['ops', 'boss'] });
    receiver.answer((response, path) => response.writeHead(path === '/ops' ? 503 : 200).end());
    for (const subjects of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      await find(handle, subjects);
      await skipping.environment.sleep('1 day');
    }
    expect(told().filter((word) => word.startsWith('boss'))).toEqual([
      'boss opened a',
      'boss opened b',
      'boss opened c',
    ]);
    expect((await stateOf(handle)).undelivered).toMatchObject([
      { channel: 'ops', messages: 3, sentence: expect.stringContaining('503') },
    ]);
    receiver.received.length = 0;
    receiver.answer((response) => response.end());
    await skipping.environment.sleep('1 hour');
    expect(told()).toEqual(['ops opened a opened b opened c']);
    expect((await stateOf(handle)).undelivered).toEqual([]);
  });

  it('a channel that refuses for good is left alone until somebody acts', async () => {
    const handle = await open({});
    receiver.answer((response) => response.writeHead(401).end());
    await find(handle, ['a']);
    await skipping.environment.sleep('5 hours');
    expect(receiver.received).toHaveLength(1);
    receiver.answer((response) => response.end());
    await skipping.environment.sleep('5 hours');
    expect(receiver.received).toHaveLength(2);
  });
});
