import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readAlerts, sendToAlerts } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import { finding } from '../../support/alerts.ts';
import { holdfast } from '../../support/cli.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { openStage, type Stage } from '../../support/stage.ts';

/** What nobody may find anywhere. */
const token = 'T0PSECRET-token';

let stage: Stage;
let receiver: Receiver;
let log: string;

beforeAll(async () => {
  [stage, receiver] = await Promise.all([openStage(['fra']), startReceiver()]);
  log = await stage.lab.repositoryPath('log');
  const url = join(stage.lab.directory, 'url');
  await writeFile(url, `${receiver.url}/${token}\n`);
  const repository = { kind: 'filesystem', zone: 'fra', keepFree: '1MiB' };
  await stage.lab.usePolicy({
    repositories: {
      one: { ...repository, path: await stage.lab.repositoryPath('one') },
      log: { ...repository, path: log },
    },
    sources: { shop: { kind: 'postgres', zone: 'fra', host: '127.0.0.1', database: 'shop', user: 'backup' } },
    plans: { daily: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['one'] } },
    audit: { repository: 'log' },
    notifications: { channels: { ops: { kind: 'slack', url: { file: url } } } },
  });
  receiver.answer((response) => response.writeHead(500).end(token));
  expect(await cli('apply', '--yes')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await stage?.close();
  await receiver?.down();
});

const cli = (...args: string[]) =>
  holdfast(args, {
    env: { TEMPORAL_ADDRESS: stage.orchestra.temporal.address, HOLDFAST_POLICY: stage.lab.policyFile },
  });

const tell = (count: number) =>
  sendToAlerts(stage.orchestra.client, {
    zone: 'fra',
    observation: {
      observer: 'health',
      at: new Date().toISOString(),
      findings: Array.from({ length: count }, (_, index) => finding('no-backup', `plan-${index}`)),
    },
  });

async function entries(action: string): Promise<{ subject: string; facts?: Record<string, unknown> }[]> {
  const { stdout } = await cli('audit', 'list', '--json', '--limit', '200');
  const all: { action: string; subject: string; facts?: Record<string, unknown> }[] =
    JSON.parse(stdout).entries;
  return all.filter((entry) => entry.action === action);
}

it('openings and closings go into the audit log, the worst singly, the rest as a number', async () => {
  await tell(100);
  await eventually(async () => expect(await entries('alert.opened')).toHaveLength(21), 90);
  expect(await entries('alert.opened')).toContainEqual(
    expect.objectContaining({ subject: 'alerts', facts: { more: 80 } }),
  );
  await tell(99);
  await eventually(async () => expect(await entries('alert.closed')).toHaveLength(1), 90);
  expect(await entries('alert.closed')).toMatchObject([
    { subject: 'plan-99', facts: { observer: 'health' } },
  ]);
  expect(await entries('alert.opened')).toHaveLength(21);
});

it('a log that cannot be written stops nothing, and is told', async () => {
  await rename(log, `${log}.gone`);
  await tell(98);
  await eventually(async () => {
    const state = await readAlerts(stage.orchestra.client);
    expect(state?.unrecorded).toMatch(/audit log could not be written/);
    expect(state?.open).toHaveLength(98);
  }, 120);
  await rename(`${log}.gone`, log);
});

it('no secret is in the history or in what is shown, also when the chat refuses', async () => {
  const { client } = stage.orchestra;
  await eventually(
    async () => expect((await readAlerts(client))?.undelivered).toMatchObject([{ channel: 'ops' }]),
    60,
  );
  expect(receiver.received[0]?.path).toBe(`/${token}`);
  const { events } = await client.workflow.getHandle(alertsWorkflowId).fetchHistory();
  const texts = JSON.stringify(events, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
  expect([texts.includes('plan-0'), texts.includes(token)]).toEqual([true, false]);
  const listed = await cli('alerts', '--json');
  expect(listed.stdout).toContain('127.0.0.1');
  expect(listed.stdout).not.toContain(token);
});
