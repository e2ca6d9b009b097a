import type { Client } from '@temporalio/client';
import { heartbeatOf, heartbeatText } from '../../cli/heartbeat.ts';
import { say } from './tell.ts';

/** Where there is no terminal to show a moving line, says once a second how far the running backup of a plan is. */
export function watchBackup(client: Client, plan: string): { stop(): void } {
  const look = async () => {
    for await (const { workflowId } of client.workflow.list({
      query: `HoldfastPlan = '${plan}' and ExecutionStatus = 'Running'`,
    })) {
      const beat = heartbeatOf(await client.workflow.getHandle(workflowId).describe());
      if (beat !== null) say(`  ${heartbeatText(beat)}`);
    }
  };
  const timer = setInterval(() => look().catch(() => undefined), 1000);
  return { stop: () => clearInterval(timer) };
}
