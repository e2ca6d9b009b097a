import { Context } from '@temporalio/activity';
import { sendToAlerts } from '../schedules/index.ts';
import type { TellAlertsInput } from '../workflows/contract-alerts.ts';
import type { Work } from './work.ts';

/** Starts the workflow `alerts` where it does not run, and tells it; what it was told before it ignores. */
export function tellAlerts(_work: Work, input: TellAlertsInput): Promise<void> {
  return sendToAlerts(Context.current().client, input);
}
