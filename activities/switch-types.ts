/** What the activities of a switch take and give. Types only. */
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { RestoreAttempt } from '../workflows/contract-restore.ts';
import type { SwitchInput, SwitchOrder } from '../workflows/contract-switch.ts';
import type { CommandOutcome } from './policy-command-types.ts';

export type PrepareSwitchInput = Pick<SwitchInput, 'backup' | 'source' | 'rule' | 'signers' | 'keys'> & {
  repository: ResolvedRepository;
  /** What the live database is to be called; cut where PostgreSQL would cut it. */
  keptAs: string;
  /** When the scratch database may be removed by anybody; ISO 8601. */
  until: string;
};

export type PreparedSwitch = {
  attempt: RestoreAttempt;
  dataTime: string;
  order: SwitchOrder;
  liveBytes: number;
  notes: string[];
};

export type SwitchStep = Pick<SwitchInput, 'source' | 'rule'> & { order: SwitchOrder };

export type SwitchActivities = {
  /** Restores beside the live database, compares exactly, and tries what can be tried before anybody is asked. */
  prepareSwitch(input: PrepareSwitchInput): Promise<PreparedSwitch>;
  /** Looks, without effect, whether the databases can be switched now. */
  checkSwitchable(input: SwitchStep): Promise<void>;
  /** Stops or starts the services. */
  runSwitchCommand(input: SwitchStep & { which: 'quiesce' | 'resume' }): Promise<CommandOutcome>;
  /** Renames both in one transaction, and looks that it is so. Repeated, finds that it is done. */
  switchDatabases(input: SwitchStep): Promise<void>;
  /** Gives the names back; whether there was anything to undo. */
  undoSwitch(input: SwitchStep & { until: string }): Promise<boolean>;
  /** Removes the scratch database, where it is still one. */
  discardScratch(input: SwitchStep): Promise<void>;
};
