export { alertsStart, closeAlertsOf, moveAlerts, readAlerts, sendToAlerts, zoneOfAlerts } from './alerts.ts';
export { type Applied, applyChanges, refuseUnsafe } from './apply.ts';
export { type DesiredSchedule, desiredSchedules, summaryLine, typedAttributes } from './desired.ts';
export { diffSchedules, type ScheduleChange } from './diff.ts';
export { failoverInput } from './failover-input.ts';
export type { FieldChange } from './fields.ts';
export {
  followUpsSettings,
  followUpsStart,
  moveFollowUps,
  readFollowUps,
  zoneOfFollowUps,
} from './follow-ups.ts';
export {
  airgapInput,
  airgapWorkflowId,
  attributesOf,
  backupOf,
  backupScheduleId,
  backupWorkflowId,
  checksInput,
  retentionWorkflowId,
  schedulePrefix,
} from './kinds.ts';
export { copiesWorkflowId, healthWorkflowId } from './kinds-checks.ts';
export { drillInput, drillWatchInput, memoOf, verdictTime } from './kinds-drill.ts';
export { refreshAttributes, refreshInput, refreshWorkflowId } from './kinds-refresh.ts';
export { restoreTestOf, restoreTestWorkflowId } from './kinds-restore-test.ts';
export { runbookCheckInput } from './kinds-runbook.ts';
export { type LiveSchedule, liveSchedule, liveSchedules } from './live.ts';
export { inParallel } from './parallel.ts';
export { ensureSearchAttributes, missingSearchAttributes } from './search-attributes.ts';
export { planStandings } from './standing.ts';
export { temporalError } from './temporal-error.ts';
export { temporalFacts } from './temporal-facts.ts';
export { hasWorker, silentZones } from './workers.ts';
