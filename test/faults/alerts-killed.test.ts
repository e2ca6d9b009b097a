import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { S3Repository } from '../../policy/resolved.ts';
import { readAlerts, sendToAlerts } from '../../schedules/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { inEnvironment } from '../integration/s3-fixture.ts';
import { finding, rulesWith } from '../support/alerts.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { type Receiver, startReceiver } from '../support/receivers.ts';
import { bucketNamed } from '../support/repositories.ts';

let orchestra: Orchestra;
let places: Places;
let receiver: Receiver;
/** Takes every question, and answers none. */
let silent: Receiver;
let hanging: S3Repository;
const anyKeys = { accessKeyId: 'any', secretAccessKey: 'any' };
const workers: Program[] = [];

beforeAll(async () => {
  [orchestra, places, receiver, silent] = await Promise.all([
    startOrchestra([]),
    openPlaces(),
    startReceiver(),
    startReceiver(),
  ]);
  silent.answer(() => undefined);
  // A worker takes a bucket's credentials from our environment.
  hanging = bucketNamed('copies', {
    zone: 'fra',
    endpoint: silent.url,
    credentials: { env: inEnvironment(anyKeys) },
  });
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await Promise.all([orchestra?.close(), places?.close(), receiver?.down(), silent?.down()]);
});

async function startWorker(...options: string[]): Promise<Program> {
  const worker = startProgram(['worker', '--zone', 'fra', ...options], {
    TEMPORAL_ADDRESS: orchestra.temporal.address,
    ...places.environment,
  });
  workers.push(worker);
  await worker.saying('Working');
  return worker;
}

async function tell(subject: string): Promise<void> {
  const rules = rulesWith(['ops'], [{}]);
  const channels = rules.channels.map((channel) => ({ ...channel, url: { url: `${receiver.url}/ops` } }));
  const at = new Date().toISOString();
  const observation = { observer: subject, at, findings: [finding('no-backup', subject)] };
  await sendToAlerts(orchestra.client, { zone: 'fra', rules: { ...rules, channels }, observation });
}

/** Whether a run has an activity in a worker's hands. */
const isInHand = async (run: WorkflowHandle): Promise<boolean> =>
  ((await run.describe()).raw.pendingActivities ?? []).some(({ lastStartedTime }) => lastStartedTime != null);

describe('a worker whose hands are full', () => {
  it('sends a message all the same, and does not wait until one is free', async () => {
    const busy = await startWorker('--concurrency', '2');
    const input = { repositories: [hanging], signers: [], filter: {}, limit: 1 };
    const start = (workflowId: string) =>
      orchestra.client.workflow.start<Workflows['catalogue']>(workflowTypes.catalogue, {
        workflowId,
        taskQueue: taskQueueOf('fra'),
        args: [input],
      });
    const runs = await Promise.all(['one', 'two'].map(start));
    const hands = () => Promise.all(runs.map(isInHand));
    await eventually(async () => expect(await hands()).toEqual([true, true]), 60);
    await tell('crm');
    await eventually(async () => expect(receiver.received).toHaveLength(1), 30);
    expect(await hands()).toEqual([true, true]);
    await Promise.all(runs.map((run) => run.terminate()));
    await busy.kill();
    receiver.received.length = 0;
  });
});

describe('a worker that is killed when a message has arrived and before it could say so', () => {
  it('leaves the message to another one, which sends it under the same id; nothing is lost', async () => {
    const first = await startWorker();
    // The message is there, and its sender never hears that it is.
    receiver.answer(() => first.signal('SIGKILL'));
    await tell('shop');
    await eventually(async () => expect(receiver.received).toHaveLength(1), 60);
    await first.ended;
    receiver.answer((response) => response.end());
    await startWorker();
    const state = await eventually(async () => {
      const now = await readAlerts(orchestra.client);
      expect(now?.open.filter(({ subject }) => subject === 'shop')).toMatchObject([{ told: ['ops'] }]);
      return now;
    }, 120);
    expect(state?.undelivered).toEqual([]);
    const ids = receiver.received.map(({ headers }) => headers['idempotency-key']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
