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

/** Two disasters that call the same role, and a channel for each role and severity. */
async function policyWithDisasters(): Promise<void> {
  const to = (name: string) => ({ kind: 'webhook', url: `${receiver.url}/${name}` });
  const runbook = {
    signatures: { real: 'named' },
    steps: [{ id: 'declare', do: 'approve', say: 'Is it so?' }],
  };
  await stage.lab.usePolicy({
    ...{ repositories: {}, keys: {}, sources: {}, plans: {} },
    people: {
      one: { roles: ['incident-commander'] },
      two: { roles: ['incident-commander', 'dba'] },
      three: { roles: ['dba', 'desk'] },
      head: { roles: ['head'] },
    },
    notifications: {
      channels: { dbas: to('dbas'), pager: to('pager'), head: to('head'), rest: to('rest') },
      routes: [
        { severity: 'critical', roles: ['dba'], to: ['pager'] },
        { severity: ['info', 'warning'], roles: ['dba'], to: ['dbas'] },
        { severity: ['info', 'warning', 'critical'], roles: ['head'], to: ['head'] },
        { severity: ['info', 'warning', 'critical'], to: ['rest'] },
      ],
    },
    runbooks: { move: runbook, mend: runbook },
    disasters: {
      'site-loss': { runbook: 'move', class: 'critical', say: 'fra is dark', roles: ['dba'], tell: ['head'] },
      'slow-disk': { runbook: 'mend', class: 'minor', say: 'A disk is slow', roles: ['dba'] },
    },
  });
}

describe('a disaster that is declared', () => {
  it('reaches, through the channel of each role and severity, whom it calls and whom it tells', async () => {
    await policyWithDisasters();
    expect(await withPolicy('apply', '--yes', '--allow-delete')).toMatchObject({ code: 0 });
    receiver.received.length = 0;
    const about = ['--as', 'one', '--reason', 'ticket 4711'];
    for (const what of [
      ['--disaster', 'site-loss'],
      ['--class', 'minor'],
    ])
      expect(await withPolicy('failover', 'start', ...what, ...about)).toMatchObject({ code: 0 });
    const heard = (path: string) =>
      receiver.received.flatMap((each) => (each.path === path ? [JSON.parse(each.body)] : []));
    await eventually(async () => {
      expect(heard('/pager')).toMatchObject([
        {
          severity: 'critical',
          text: expect.stringContaining(
            'You are called. one declared site-loss (critical), runbook move: ticket 4711.',
          ),
        },
      ]);
      expect(heard('/dbas')).toMatchObject([
        {
          severity: 'warning',
          text: expect.stringContaining(
            'You are called. one declared slow-disk (minor), runbook mend: ticket 4711.',
          ),
        },
      ]);
      expect(heard('/head')).toMatchObject([
        {
          severity: 'critical',
          text: expect.stringContaining('For your information. one declared site-loss'),
        },
      ]);
    }, 60);
    const others = heard('/rest').map(({ text }) => text);
    expect(others.filter((text) => /called|information/.test(text))).toEqual([]);
    const told = JSON.stringify(heard('/head'));
    expect(told).not.toMatch(/slow-disk|You are called/);
    for (const name of ['move', 'mend'])
      await withPolicy('failover', 'abort', name, '--as', 'one', '--reason', 'a test');
  });
});
