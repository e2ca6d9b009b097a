import type { ResolvedPlan } from '../policy/resolved.ts';
import { counted, formatBytes } from '../policy/units.ts';
import { openPings, tryObserve } from './alerting.ts';
import type { Board } from './board.ts';
import type { Reason } from './contract.ts';
import type { AlertFinding } from './contract-alerts.ts';
import type { BackupResult } from './contract-backup.ts';
import { isScheduled } from './second-factor.ts';

/** Who is told of a run of a plan: its dead man's switch outside, and the alerts. */
export type Watch = {
  begun(): void;
  /** The result, with a warning of whoever could not be told. */
  made(result: BackupResult): Promise<BackupResult>;
  failed(how: 'failed' | 'aborted', reason: Reason): Promise<void>;
};

/** Opens the watch over the running backup; a plan without a ping and a zone of alerts tells nobody. */
export function openWatch(plan: ResolvedPlan, board: Board): Watch {
  const pings = openPings(plan);
  const observe = (findings: AlertFinding[]) => tryObserve(plan.alertZone, `backup/${plan.name}`, findings);
  return {
    begun: pings.start,
    made: async (result) => {
      const untold = await Promise.all([
        observe(findingsOf(result)),
        pings.end('success', successText(result)),
      ]);
      const warnings = [...result.warnings, ...untold.flatMap((sentence) => sentence ?? [])];
      if (warnings.length === result.warnings.length) return result;
      const told = { ...result, warnings };
      board.conclude(told);
      return told;
    },
    failed: async (how, reason) => {
      const text = failureText(plan.name, how, reason, board.warnings());
      // Somebody stopped it, or was not allowed to start it: the plan's backups are as good as they were.
      const asked = plan.secondFactor !== undefined && !isScheduled() && reason.code === 'refused';
      await Promise.all([
        pings.end('failure', text),
        ...(how === 'failed' && !asked ? [observe([failureFinding(plan.name, reason)])] : []),
      ]);
    },
  };
}

/** What is wrong after a backup that was made: copies that it lacks. Pure. */
export function findingsOf({ plan, backupId, exceptions }: BackupResult): AlertFinding[] {
  if (exceptions.length === 0) return [];
  return [
    {
      kind: 'too-few-copies',
      subject: plan,
      severity: 'warning',
      sentence: `Backup ${backupId} lacks copies. ${exceptions.join(' ')}`,
    },
  ];
}

/** What is wrong after a run that made none. Pure. */
export function failureFinding(plan: string, { sentence }: Reason): AlertFinding {
  return {
    kind: 'backup-failed',
    subject: plan,
    severity: 'critical',
    sentence: `The backup failed: ${sentence} Cure it, then \`holdfast backup run ${plan}\`.`,
  };
}

/** What a watcher outside is told of a backup: how it ended, and what it came to. Pure. */
export function successText(result: BackupResult): string {
  const { plan, backupId, dataTime, bytes, tables, rows, copies, exceptions, warnings } = result;
  return [
    `${plan}: ${result.result}`,
    `backup ${backupId}, data of ${dataTime}, ${formatBytes(bytes)} stored`,
    rows === null ? 'rows not counted' : `${counted(rows, 'row')} in ${counted(tables ?? 0, 'table')}`,
    ...copies.map(({ repository, state, sentence }) =>
      [`copy in ${repository}: ${state}`, ...(sentence === undefined ? [] : [sentence])].join(', '),
    ),
    ...exceptions,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

/** What a watcher outside is told of a run that made no backup. Pure. */
export function failureText(
  plan: string,
  how: 'failed' | 'aborted',
  reason: Reason,
  warnings: string[],
): string {
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `${plan}: ${how} (${reason.code})`,
    reason.sentence,
  ].join('\n');
}
