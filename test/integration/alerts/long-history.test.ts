import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readAlerts, sendToAlerts } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import { finding, rulesWith } from '../../support/alerts.ts';
import { type Orchestra, startOrchestra } from '../../support/orchestra.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';

let orchestra: Orchestra;
let receiver: Receiver;

beforeAll(async () => {
  // So few events that runs follow each other while everybody is speaking.
  const settings = { 'limit.historyCount.suggestContinueAsNew': 40 };
  [orchestra, receiver] = await Promise.all([startOrchestra(['fra'], { settings }), startReceiver()]);
});
afterAll(async () => {
  await orchestra?.close();
  await receiver?.down();
});

it('alerts go on in another run when the history is long, and lose nothing that is said at that moment', async () => {
  const { client } = orchestra;
  const rules = rulesWith(['ops'], [{}]);
  const channels = rules.channels.map((channel) => ({ ...channel, url: { url: `${receiver.url}/ops` } }));
  await sendToAlerts(client, { zone: 'fra', rules: { ...rules, channels } });
  const runs = new Set<string>();
  const observers = Array.from({ length: 160 }, (_, index) => `observer-${index}`);
  const speak = async (lane: number) => {
    for (const observer of observers.filter((_, index) => index % 8 === lane)) {
      for (const word of ['first', 'last'])
        await sendToAlerts(client, {
          zone: 'fra',
          observation: { observer, at: new Date().toISOString(), findings: [finding('no-backup', word)] },
        });
      runs.add((await client.workflow.getHandle(alertsWorkflowId).describe()).runId);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => speak(lane)));
  await eventually(async () => {
    const state = await readAlerts(client);
    expect(state?.open.map(({ observer, subject }) => `${observer} ${subject}`).sort()).toEqual(
      observers.map((observer) => `${observer} last`).sort(),
    );
    expect(state?.open.filter(({ notifiedAt }) => notifiedAt === null)).toEqual([]);
  }, 120);
  expect(runs.size).toBeGreaterThan(3);
});
