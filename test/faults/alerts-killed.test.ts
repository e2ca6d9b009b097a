import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAlerts, sendToAlerts } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { finding, rulesWith } from '../support/alerts.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type Receiver, startReceiver } from '../support/receivers.ts';

let orchestra: Orchestra;
let places: Places;
let receiver: Receiver;
const workers: Program[] = [];

beforeAll(async () => {
  [orchestra, places, receiver] = await Promise.all([startOrchestra([]), openPlaces(), startReceiver()]);
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await Promise.all([orchestra?.close(), places?.close(), receiver?.down()]);
});

async function startWorker(): Promise<Program> {
  const worker = startProgram(['worker', '--zone', 'fra'], {
    TEMPORAL_ADDRESS: orchestra.temporal.address,
    ...places.environment,
  });
  workers.push(worker);
  await worker.saying('Working');
  return worker;
}

describe('a worker that is killed when a message has arrived and before it could say so', () => {
  it('leaves the message to another one, which sends it under the same id; nothing is lost', async () => {
    const { client } = orchestra;
    const rules = rulesWith(['ops'], [{}]);
    const channels = rules.channels.map((channel) => ({ ...channel, url: { url: `${receiver.url}/ops` } }));
    const first = await startWorker();
    // The message is there, and its sender never hears that it is.
    receiver.answer(() => first.signal('SIGKILL'));
    const at = new Date().toISOString();
    const observation = { observer: 'health', at, findings: [finding('no-backup', 'shop')] };
    await sendToAlerts(client, { zone: 'fra', rules: { ...rules, channels }, observation });
    await eventually(async () => expect(receiver.received).toHaveLength(1), 60);
    await first.ended;
    receiver.answer((response) => response.end());
    await startWorker();
    const state = await eventually(async () => {
      const now = await readAlerts(client);
      expect(now?.open).toMatchObject([{ subject: 'shop', told: ['ops'] }]);
      return now;
    }, 120);
    expect(state?.undelivered).toEqual([]);
    const ids = receiver.received.map(({ headers }) => headers['idempotency-key']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
