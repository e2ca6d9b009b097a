/** What the activities around alerts take and give. */
import type { NotifyInput, NotifyResult, PingInput, TellAlertsInput } from '../workflows/contract-alerts.ts';

export type AlertActivities = {
  /** Starts the workflow `alerts` where it does not run, and tells it. */
  tellAlerts(input: TellAlertsInput): Promise<void>;
  /** Sends one message through one channel. */
  notify(input: NotifyInput): Promise<NotifyResult>;
  /** Tells a dead man's switch outside how far a run is. */
  ping(input: PingInput): Promise<void>;
};
