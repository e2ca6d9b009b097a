import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { alertsStart, zoneOfAlerts } from '../../schedules/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { type TestChannels, type TestedChannel, testUpdate } from '../../workflows/contract-alerts.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Temporal } from '../connect.ts';
import { exit } from '../io.ts';
import { zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

export function addAlertsTest(alerts: Command, act: Act): void {
  alerts
    .command('test')
    .description('send a test message through each channel of the policy, and say what became of it')
    .option('--channel <name>', 'through this one alone')
    .addHelpText('after', examples('holdfast alerts test', 'holdfast alerts test --channel on-call'))
    .action(
      act<{ channel?: string }>(async (context, { channel }) => {
        const { policy } = await context.loadPolicy();
        const channels = channelsOf(policy, channel);
        const temporal = await context.temporal();
        context.progress.show(`Sending through ${channels.join(', ')}`);
        const tested = await testChannels(temporal, policy, channels);
        context.out.result({ channels: tested }, () => {
          for (const { channel: name, outcome, sentence } of tested) {
            const mark = outcome === 'told' ? 'told' : context.colors.red('failed');
            context.out.line(`${mark}  ${name}: ${sentence}`);
          }
        });
        return tested.every(({ outcome }) => outcome === 'told') ? exit.done : exit.fault;
      }),
    );
}

function channelsOf({ notifications }: ResolvedPolicy, wanted: string | undefined): string[] {
  const known = Object.fromEntries(notifications.channels.map((channel) => [channel.name, channel]));
  if (wanted !== undefined) return [named(known, wanted, 'channel').name];
  if (notifications.channels.length > 0) return Object.keys(known);
  throw new HoldfastError('bad-usage', 'The policy has no channels: nobody is told of anything.', {
    hint: 'Add some to `notifications.channels`.',
  });
}

async function testChannels(
  { client }: Temporal,
  { checks, notifications, organization }: ResolvedPolicy,
  channels: string[],
): Promise<TestedChannel[]> {
  await zoneWithWorker(client, [(await zoneOfAlerts(client)) ?? checks.zone]);
  try {
    return await client.workflow.executeUpdateWithStart<Workflows['alerts'], TestedChannel[], [TestChannels]>(
      testUpdate,
      {
        args: [{ rules: notifications, channels }],
        updateId: `test-${randomUUID()}`,
        startWorkflowOperation: new WithStartWorkflowOperation<Workflows['alerts']>(workflowTypes.alerts, {
          ...alertsStart(checks.zone),
          args: [{ rules: notifications, organization }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      },
    );
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw new HoldfastError('refused', error.cause?.message ?? error.message, { cause: error });
  }
}
