import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sendToAlerts } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { finding } from '../../support/alerts.ts';
import { holdfast } from '../../support/cli.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let receiver: Receiver;

beforeAll(async () => {
  [stage, receiver] = await Promise.all([openStage(), startReceiver()]);
});
afterAll(async () => {
  await stage?.close();
  await receiver?.down();
});

async function policyWith(plans: string[]): Promise<void> {
  const path = join(stage.lab.directory, 'repositories', 'one');
  await mkdir(path, { recursive: true });
  const plan = { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['one'] };
  await stage.lab.usePolicy({
    repositories: { one: { kind: 'filesystem', path, zone: 'fra', keepFree: '1MiB' } },
    sources: { shop: { kind: 'postgres', zone: 'fra', host: '127.0.0.1', database: 'shop', user: 'backup' } },
    plans: Object.fromEntries(plans.map((name) => [name, plan])),
    notifications: {
      channels: {
        ops: { kind: 'webhook', url: `${receiver.url}/ops` },
        away: { kind: 'webhook', url: `${receiver.url}/away` },
      },
      routes: [{ severity: 'critical', to: ['ops'], repeat: '0s' }],
    },
  });
}

const cli = (...args: string[]) =>
  holdfast(args, {
    env: { TEMPORAL_ADDRESS: stage.orchestra.temporal.address },
    terminal: false,
  });

const withPolicy = (...args: string[]) => cli('--policy', stage.lab.policyFile, ...args);

describe('holdfast alerts', () => {
  it('says that none are kept before the policy is applied', async () => {
    expect(await cli('alerts')).toMatchObject({ code: 0, stdout: expect.stringContaining('holdfast apply') });
    expect(JSON.parse((await cli('alerts', '--json')).stdout)).toMatchObject({ kept: false, open: [] });
  });

  it('lists what is open, and what was closed', async () => {
    await policyWith(['daily', 'weekly']);
    expect(await withPolicy('apply', '--yes')).toMatchObject({ code: 0 });
    const { client } = stage.orchestra;
    for (const plan of ['daily', 'weekly'])
      await sendToAlerts(client, {
        zone: 'fra',
        observation: {
          observer: `backup/${plan}`,
          at: new Date().toISOString(),
          findings: [finding('backup-failed', plan)],
        },
      });
    await eventually(async () => expect(receiver.received).toHaveLength(1), 60);
    const message = JSON.parse(receiver.received[0]?.body ?? '');
    expect(message).toMatchObject({ title: '[Holdfast Example BV] critical: 2 alerts, 2 opened' });
    const listed = await eventually(async () => {
      const now = await cli('alerts');
      expect(now.stdout).toMatch(/critical {2}backup-failed {2}daily {2}since .*, told /);
      return now;
    }, 30);
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('2 open.') });
    expect((await cli('alerts', '--closed')).stdout).toContain('No alert was closed.');
  });

  it('of a plan that the policy no longer has are closed when it is applied', async () => {
    await policyWith(['daily']);
    expect(await withPolicy('apply', '--yes', '--allow-delete')).toMatchObject({ code: 0 });
    await eventually(async () => {
      const { open, closed } = JSON.parse((await cli('alerts', 'list', '--json')).stdout);
      expect(open).toMatchObject([{ subject: 'daily' }]);
      expect(closed).toMatchObject([{ subject: 'weekly' }]);
    }, 30);
    expect((await cli('alerts', '--closed')).stdout).toMatch(/critical {2}backup-failed {2}weekly/);
  });
});

describe('holdfast alerts test', () => {
  it('sends through each channel and tells what became of it', async () => {
    receiver.received.length = 0;
    receiver.answer((response, path) => response.writeHead(path === '/away' ? 404 : 200).end());
    const tested = await withPolicy('alerts', 'test');
    expect(tested.code).toBe(3);
    expect(tested.stdout).toMatch(/told {2}ops: .*\nfailed {2}away: 127\.0\.0\.1 refuses .*404/);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/away', '/ops']);
    const one = await withPolicy('alerts', 'test', '--channel', 'ops', '--json');
    expect(one.code).toBe(0);
    expect(JSON.parse(one.stdout)).toMatchObject({ channels: [{ channel: 'ops', outcome: 'told' }] });
    expect(await withPolicy('alerts', 'test', '--channel', 'opps')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "ops"?'),
    });
  });
});
