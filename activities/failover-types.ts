/** What the activities of a failover take and give. Types only. */
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { RunMode } from '../policy/resolved-failover.ts';
import type { NotifyResult } from '../workflows/contract-alerts.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type { EarlierRun, SignFailoverReportInput } from '../workflows/contract-failover.ts';
import type { StepInput, StepLook, StepReport, StepUndoing } from '../workflows/contract-failover-steps.ts';
import type { SendMessageInput } from '../workflows/contract-failover-telling.ts';

export type FailoverActivities = {
  /** Looks at a step without effect, in the zone that would do it. */
  lookAtStep(input: StepInput): Promise<StepLook>;
  /** Does it. Repeated after a worker's death, finds what is done and does the rest. */
  doStep(input: StepInput): Promise<StepReport>;
  /** Looks, after it was done, whether it holds. */
  checkStep(input: StepInput): Promise<StepReport>;
  /** Takes it back, where that can be done; repeated, finds that it is. */
  undoStep(input: StepInput): Promise<StepUndoing>;
  /** Earlier runs of a runbook, newest first, from the signed reports that repositories keep; at most 50. */
  readEarlierRuns(input: ReadEarlierRunsInput): Promise<EarlierRun[]>;
  /** Sends one message of the communication plan, precisely as it was approved. */
  sendMessage(input: SendMessageInput): Promise<NotifyResult>;
  /** The report of a run, written for people and signed by the zone's key. */
  signFailoverReport(input: SignFailoverReportInput): Promise<Evidence>;
};

export type ReadEarlierRunsInput = {
  repositories: ResolvedRepository[];
  /** Whose signatures count. */
  signers: Signer[];
  runbook: string;
  modes: RunMode[];
};
