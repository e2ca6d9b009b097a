import type { Client } from '@temporalio/client';
import { backupScheduleId } from '../../schedules/index.ts';
import { eventually } from '../servers/index.ts';
import { say } from './tell.ts';

const worthWaiting = 12;

/**
 * Waits until a plan's Schedule has started a backup, and until that has ended; its workflow id. When the next time
 * is far off, the Schedule is asked to make up for the minute before it was made: a time that it missed.
 */
export async function awaitScheduled(client: Client, plan: string): Promise<string> {
  const handle = client.schedule.getHandle(backupScheduleId(plan));
  const { info } = await handle.describe();
  if (info.recentActions.length === 0) {
    const [next] = info.nextActionTimes;
    const seconds = next === undefined ? Number.POSITIVE_INFINITY : (next.getTime() - Date.now()) / 1000;
    if (seconds <= worthWaiting) say(`It fires in ${seconds.toFixed(0)} s; waiting.`);
    else {
      say(
        `It fires in ${seconds.toFixed(0)} s. To save your time, it makes up for the minute that has just passed.`,
      );
      const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000);
      await handle.backfill({
        start: new Date(minute.getTime() - 1000),
        end: new Date(minute.getTime() + 1000),
        overlap: 'ALLOW_ALL',
      });
    }
  }
  const workflowId = await eventually(async () => {
    const { info: now } = await handle.describe();
    const action = now.recentActions.at(-1)?.action;
    if (action === undefined) throw new Error(`the Schedule of ${plan} has started nothing`);
    return action.workflow.workflowId;
  }, 40);
  await client.workflow.getHandle(workflowId).result();
  return workflowId;
}
