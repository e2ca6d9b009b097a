import type { Client, WorkflowHandle } from '@temporalio/client';
import type { AuditTarget, ResolvedPlan } from '../../policy/resolved.ts';
import { taskQueueOf, workflowTypes } from '../../workflows/contract.ts';
import { type DrillWatchInput, drillIdOf, type WatchedDrill } from '../../workflows/contract-drills.ts';
import {
  type FollowUpAddition,
  type FollowUpList,
  type FollowUpsInput,
  followUpSettingsSignal,
  followUpsQuery,
} from '../../workflows/contract-follow-ups.ts';
import { eventually } from '../servers/index.ts';

const schedule = { cron: '7 * * * *', jitter: 0, catchup: 600, deadline: 1800, paused: false };

const drill = (name: string): WatchedDrill => ({
  ...{ runbook: 'shop-failover', drill: name, kind: 'full', schedule, notice: 604_800, owner: 'dba-2' },
  ...{ roles: ['dba'], told: ['dba'], expect: ['It passes'] },
});

/** One drill that is planned and was due, and one that has no Schedule. */
export async function recordedDrillWatch(
  client: Client,
  { copies, signers }: ResolvedPlan,
): Promise<DrillWatchInput> {
  const soon = new Date(Date.now() + 3 * 86_400_000);
  const planned = await client.schedule.create({
    scheduleId: `holdfast/${drillIdOf('shop-failover', 'quarterly')}`,
    spec: { cronExpressions: [`30 12 ${soon.getUTCDate()} * *`] },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.survey,
      taskQueue: taskQueueOf('fra'),
      args: [{ repositories: [], plans: [] }],
    },
  });
  await planned.trigger();
  await eventually(async () => {
    if ((await planned.describe()).info.recentActions.length === 0) throw new Error('it was not started');
  }, 60);
  return {
    ...{ timezone: 'Europe/Amsterdam', alertZone: 'fra', schedule, repositories: copies, signers },
    drills: [drill('quarterly'), drill('yearly')],
  };
}

type Recorded = { name: string; input: FollowUpsInput; meanwhile(handle: WorkflowHandle): Promise<void> };

const by = 'dba-2';
const added = (id: string, due: string): FollowUpAddition => ({
  ...{ by, id, runbook: 'shop-failover', workflowId: 'drill/shop-failover', runId: 'run', mode: 'drill' },
  ...{ text: 'lower the TTL', owner: by, due },
});

/** Follow-ups that are noted, refused, moved, handed on, overdue and closed; and what another zone makes of them. */
export function recordedFollowUps(audit: AuditTarget): Recorded[] {
  const input: FollowUpsInput = {
    timezone: 'Europe/Amsterdam',
    people: [by, 'commander-1'].map((name) => ({ name, roles: [] })),
    alertZone: 'fra',
    audit,
  };
  return [
    {
      name: 'follow-ups',
      input,
      meanwhile: async (handle) => {
        await handle.signal('add', added('a', '2999-12-31'));
        await handle.executeUpdate('add', { args: [added('b', '2026-01-31')] });
        await handle.executeUpdate('move', { args: [{ by, id: 'a', due: 'soon', reason: 'x' }] });
        await handle.executeUpdate('move', { args: [{ by, id: 'a', due: '2999-11-30', reason: 'sooner' }] });
        const assignment = { by, id: 'a', owner: 'commander-1', reason: 'away' };
        await handle.executeUpdate('assign', { args: [assignment] });
        await handle.executeUpdate('close', { args: [{ by, id: 'b', evidence: 'change 4711' }] });
        await reaching(handle, ({ closed }) => closed.length === 1);
        await handle.terminate('recorded');
      },
    },
    {
      name: 'follow-ups-moved',
      input,
      meanwhile: async (handle) => {
        await handle.signal('add', added('a', '2026-01-31'));
        await handle.signal(followUpSettingsSignal, { ...input, zone: 'ams' });
        await eventually(async () => {
          const { taskQueue } = await handle.client.getHandle(handle.workflowId).describe();
          if (taskQueue !== taskQueueOf('ams')) throw new Error(`it is in ${taskQueue}`);
        }, 60);
        const moved = handle.client.getHandle(handle.workflowId);
        await reaching(moved, ({ open }) => open.length === 1);
        await moved.terminate('recorded');
      },
    },
  ];
}

function reaching(
  handle: Pick<WorkflowHandle, 'query'>,
  reached: (list: FollowUpList) => boolean,
): Promise<void> {
  return eventually(async () => {
    const list = await handle.query<FollowUpList>(followUpsQuery);
    if (!reached(list)) throw new Error(`they are ${JSON.stringify(list)}`);
  }, 120);
}
