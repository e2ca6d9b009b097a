import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Route } from '../../../policy/resolved-proof.ts';
import { taskQueueOf, workflowTypes } from '../../../workflows/contract.ts';
import type { AirgapInput } from '../../../workflows/contract-airgap.ts';
import { alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import { inDirectory } from '../../support/keys.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { directoryAt } from '../../support/repositories.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import { failureOf } from '../../support/stage.ts';

let skipping: Skipping;
let receiver: Receiver;

beforeAll(async () => {
  [skipping, receiver] = await Promise.all([openSkipping(['fra']), startReceiver()]);
});
afterAll(async () => {
  await skipping?.close();
  await receiver?.down();
});

const hour = 3600;

it('whoever is to attach a repository is told each time, and from the third time on somebody else as well', () =>
  inDirectory(async (directory) => {
    const { client } = skipping.environment;
    const roles = ['operator', 'commander'];
    const routes = roles.map(
      (role): Route => ({
        severities: ['warning'],
        roles: [role],
        to: [role],
        repeat: 0,
        escalate: [],
      }),
    );
    const channels = roles.map((name) => ({
      name,
      kind: 'webhook' as const,
      url: { url: `${receiver.url}/${name}` },
    }));
    await client.workflow.start(workflowTypes.alerts, {
      workflowId: alertsWorkflowId,
      taskQueue: taskQueueOf('fra'),
      args: [{ rules: { channels, routes } }],
    });
    const schedule = { cron: '0 10 * * 6', jitter: 0, catchup: hour, deadline: hour, paused: false };
    const manual = {
      schedule,
      role: 'operator',
      escalate: 'commander',
      remind: 4 * hour,
      patience: 18 * hour,
    };
    const input: AirgapInput = {
      organization: 'Example BV',
      policyHash: 'none',
      repository: directoryAt(join(directory, 'safe'), { name: 'safe', manual }),
      manual,
      plans: [],
      signers: [],
      people: [],
      alertZone: 'fra',
    };
    const run = client.workflow.execute(workflowTypes.airgap, {
      workflowId: 'airgap/safe',
      taskQueue: taskQueueOf('fra'),
      args: [input],
    });
    expect((await failureOf(run)).code).toBe('stalled');
    await skipping.environment.sleep('1 hour');
    const told = receiver.received.map(({ path, body }) => ({ path, ...JSON.parse(body) }));
    expect(told[0]).toMatchObject({ title: '[Holdfast] warning: airgap/safe', path: '/operator' });
    expect(told[0]?.text).toContain('holdfast repository attached safe');
    const paths = told.map(({ path }) => path);
    expect(paths.filter((path) => path === '/operator')).toHaveLength(5);
    expect(paths.filter((path) => path === '/commander')).toHaveLength(3);
    expect(paths.slice(0, 2)).toEqual(['/operator', '/operator']);
  }));
