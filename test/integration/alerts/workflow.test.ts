import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { NotificationRules } from '../../../policy/resolved-proof.ts';
import { moveAlerts, readAlerts, sendToAlerts, zoneOfAlerts } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import {
  alertsWorkflowId,
  announceSignal,
  observeSignal,
  rulesSignal,
} from '../../../workflows/contract-alerts.ts';
import { finding } from '../../support/alerts.ts';
import { type Orchestra, startOrchestra } from '../../support/orchestra.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';

let orchestra: Orchestra;
let client: Client;
let receiver: Receiver;
let rules: NotificationRules;

beforeAll(async () => {
  [orchestra, receiver] = await Promise.all([startOrchestra(['fra']), startReceiver()]);
  ({ client } = orchestra);
  const channels = ['ops', 'chat'].map((name) => ({
    name,
    kind: 'webhook' as const,
    url: { url: `${receiver.url}/${name}` },
  }));
  rules = {
    channels,
    routes: [{ severities: ['critical', 'warning', 'info'], to: ['ops', 'chat'], repeat: 0, escalate: [] }],
  };
});
beforeEach(() => {
  receiver.received.length = 0;
});
afterEach(async () => {
  await client.workflow
    .getHandle(alertsWorkflowId)
    .terminate()
    .catch(() => undefined);
});
afterAll(async () => {
  await orchestra?.close();
  await receiver?.down();
});

const tell = (observer: string, subjects: string[]) =>
  sendToAlerts(client, {
    zone: 'fra',
    observation: {
      observer,
      at: new Date().toISOString(),
      findings: subjects.map((subject) => finding('no-backup', subject)),
    },
  });

type Message = { title: string; more: number; alerts: { state: string; subject: string }[] };

/** What a channel got, its newest message last. */
const messagesOf = (channel: string): Message[] =>
  receiver.received.filter(({ path }) => path === `/${channel}`).map(({ body }) => JSON.parse(body));

const details = async (): Promise<string> => {
  const { namespace } = client.options;
  const described = await client.workflowService.describeWorkflowExecution({
    namespace,
    execution: { workflowId: alertsWorkflowId },
  });
  return JSON.stringify(described);
};

describe('the alerts', () => {
  it('go on when a Signal brings what is none of theirs', async () => {
    await sendToAlerts(client, { zone: 'fra', rules });
    const handle = client.workflow.getHandle(alertsWorkflowId);
    for (const name of [observeSignal, announceSignal, rulesSignal]) {
      await handle.signal(name);
      await handle.signal(name, { observer: 'health', findings: [null], rules: {} });
    }
    await tell('health', ['shop']);
    await eventually(async () => {
      expect(messagesOf('ops').at(-1)?.alerts).toMatchObject([{ state: 'opened', subject: 'shop' }]);
    }, 60);
  });

  it('of a thousand plans at once are one message for each channel', async () => {
    await sendToAlerts(client, { zone: 'fra', rules, organization: 'Example BV' });
    const subjects = Array.from({ length: 1000 }, (_, index) => `plan-${index}`);
    await Promise.all(
      Array.from({ length: 10 }, (_, part) =>
        tell(`part-${part}`, subjects.slice(part * 100, part * 100 + 100)),
      ),
    );
    await eventually(async () => expect(receiver.received).toHaveLength(2), 60);
    for (const channel of ['ops', 'chat']) {
      const [message, ...others] = messagesOf(channel);
      expect(others).toEqual([]);
      expect(message).toMatchObject({
        more: 950,
        title: '[Holdfast Example BV] critical: 1000 alerts, 1000 opened',
      });
      expect(message?.alerts).toHaveLength(50);
    }
    const told = await eventually(async () => {
      const state = await readAlerts(client);
      expect(state?.open.every(({ notifiedAt }) => notifiedAt !== null)).toBe(true);
      return state;
    }, 30);
    expect(told?.open).toHaveLength(1000);
    await tell('part-0', []);
    await eventually(async () => expect(messagesOf('ops')).toHaveLength(2), 60);
    expect(messagesOf('ops').at(-1)).toMatchObject({ title: '[Holdfast Example BV] 100 alerts, 100 closed' });
  });

  it('are still open after Temporal was restarted, and their channels told once', async () => {
    await sendToAlerts(client, { zone: 'fra', rules });
    await tell('health', ['shop']);
    await eventually(async () => expect((await readAlerts(client))?.open).toHaveLength(1), 30);
    await orchestra.temporal.kill();
    await orchestra.temporal.restart();
    await eventually(async () => expect(messagesOf('ops')).toHaveLength(1), 90);
    await tell('health', []);
    await eventually(async () => expect(messagesOf('ops')).toHaveLength(2), 90);
    expect(messagesOf('ops').map(({ alerts }) => alerts.map(({ state }) => state))).toEqual([
      ['opened'],
      ['closed'],
    ]);
  });

  it('move to another zone with all that is open, and are shown in the Web UI there', async () => {
    await orchestra.play('ams');
    await sendToAlerts(client, { zone: 'fra', rules });
    await tell('health', ['shop']);
    expect(await moveAlerts(client, { zone: 'ams', rules })).toBeNull();
    await eventually(async () => expect(await zoneOfAlerts(client)).toBe('ams'), 60);
    expect((await readAlerts(client))?.open).toMatchObject([{ subject: 'shop' }]);
    await eventually(async () => expect(messagesOf('ops')).toHaveLength(1), 60);
    expect(await details()).toContain('holdfast-ams');
  });

  it('start anew in another zone where theirs has no worker', async () => {
    await sendToAlerts(client, { zone: 'lost', rules });
    await sendToAlerts(client, {
      zone: 'lost',
      observation: { observer: 'x', at: new Date().toISOString(), findings: [] },
    });
    expect(await moveAlerts(client, { zone: 'fra', rules })).toBe('lost');
    await tell('health', ['shop']);
    await eventually(async () => expect((await readAlerts(client))?.open).toHaveLength(1), 60);
  });
});
