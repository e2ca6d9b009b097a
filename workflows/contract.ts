/**
 * What workflows, their clients and their activities say to each other: plain data, small, without secrets.
 * Times are ISO 8601 in UTC, durations in seconds, sizes in bytes.
 */
import type { ErrorCode } from '../policy/errors.ts';
import type { AuditTarget } from '../policy/resolved.ts';
import type { AirgapInput, AirgapResult, AirgapStateInput, AirgapStateResult } from './contract-airgap.ts';
import type { AlertsInput } from './contract-alerts.ts';
import type { AuditInput, AuditResult, VerifyAuditInput, VerifyAuditResult } from './contract-audit.ts';
import type { BackupInput, BackupResult } from './contract-backup.ts';
import type { CatalogueInput, CatalogueResult } from './contract-catalogue.ts';
import type { CopiesCheckInput, CopiesCheckResult, HealthInput, HealthResult } from './contract-checks.ts';
import type { DeletionInput, DeletionResult } from './contract-deletion.ts';
import type { DrillWatchInput, DrillWatchResult } from './contract-drills.ts';
import type {
  EvidenceInput,
  KeepReportInput,
  KeepReportResult,
  ShowEvidenceInput,
  ShowEvidenceResult,
} from './contract-evidence.ts';
import type { FailoverInput, FailoverResult } from './contract-failover.ts';
import type { ProtectInput } from './contract-failover-messages.ts';
import type { FollowUpsInput } from './contract-follow-ups.ts';
import type { LifecycleInput, LifecycleResult } from './contract-lifecycle.ts';
import type { RefreshInput, RefreshResult } from './contract-refresh.ts';
import type { AuditReportInput, AuditReportResult, FoundReports } from './contract-report.ts';
import type { RestoreInput, RestoreResult } from './contract-restore.ts';
import type {
  ListTestsInput,
  ListTestsResult,
  RestoreTestInput,
  RestoreTestResult,
  ShowTestInput,
  ShowTestResult,
} from './contract-restore-test.ts';
import type { HoldInput, HoldResult, RetentionInput, RetentionResult } from './contract-retention.ts';
import type { RunbookCheckInput, RunbookCheckResult } from './contract-runbook.ts';
import type { SurveyInput, SurveyResult } from './contract-survey.ts';
import type { SwitchInput, SwitchResult } from './contract-switch.ts';
import type {
  DoctorInput,
  DoctorResult,
  PublishInput,
  PublishResult,
  SweepInput,
  SweepResult,
} from './contract-upkeep.ts';
import type { VerifyInput, VerifyResult } from './contract-verify.ts';

/** Names of workflow types, as a Temporal client starts them. */
export const workflowTypes = {
  backup: 'backup',
  verify: 'verify',
  restore: 'restore',
  catalogue: 'catalogue',
  publishPolicy: 'publishPolicy',
  doctor: 'doctor',
  sweep: 'sweep',
  lifecycle: 'lifecycle',
  retention: 'retention',
  airgap: 'airgap',
  airgapState: 'airgapState',
  deletion: 'deletion',
  hold: 'hold',
  audit: 'audit',
  verifyAudit: 'verifyAudit',
  restoreTest: 'restoreTest',
  listTests: 'listTests',
  showTest: 'showTest',
  switchInto: 'switchInto',
  refresh: 'refresh',
  survey: 'survey',
  health: 'health',
  copiesCheck: 'copiesCheck',
  alerts: 'alerts',
  auditReport: 'auditReport',
  evidence: 'evidence',
  showEvidence: 'showEvidence',
  keepReport: 'keepReport',
  failover: 'failover',
  protect: 'protect',
  runbookCheck: 'runbookCheck',
  drillWatch: 'drillWatch',
  followUps: 'followUps',
} as const;

/** The task queue of a zone's workers. */
export const taskQueueOf = (zone: string): string => `holdfast-${zone}`;

/** Where the same workers take what can't wait until a dump has ended. No zone's name has a dot. */
export const urgentQueueOf = (zone: string): string => `${taskQueueOf(zone)}.urgent`;

/** Law 11: skipped is not passed. */
export type Outcome = 'passed' | 'passed-with-exceptions' | 'failed' | 'aborted';

export const searchAttributeNames = [
  'HoldfastPlan',
  'HoldfastSource',
  'HoldfastKind',
  'HoldfastResult',
] as const;

/** A reason that a person can act on. */
export type Reason = { code: ErrorCode; sentence: string };

/** Where a run is recorded, and who asked for it where a person did; absent: nowhere. */
export type Recorded = { audit?: AuditTarget; person?: string };

/* ---- types for clients ---- */

export type Workflows = {
  backup(input: BackupInput): Promise<BackupResult>;
  verify(input: VerifyInput): Promise<VerifyResult>;
  restore(input: RestoreInput): Promise<RestoreResult>;
  catalogue(input: CatalogueInput): Promise<CatalogueResult>;
  publishPolicy(input: PublishInput): Promise<PublishResult>;
  doctor(input: DoctorInput): Promise<DoctorResult>;
  sweep(input: SweepInput): Promise<SweepResult>;
  lifecycle(input: LifecycleInput): Promise<LifecycleResult>;
  audit(input: AuditInput): Promise<AuditResult>;
  verifyAudit(input: VerifyAuditInput): Promise<VerifyAuditResult>;
  airgap(input: AirgapInput): Promise<AirgapResult>;
  airgapState(input: AirgapStateInput): Promise<AirgapStateResult>;
  deletion(input: DeletionInput): Promise<DeletionResult>;
  retention(input: RetentionInput): Promise<RetentionResult>;
  hold(input: HoldInput): Promise<HoldResult>;
  refresh(input: RefreshInput): Promise<RefreshResult>;
  switchInto(input: SwitchInput): Promise<SwitchResult>;
  restoreTest(input: RestoreTestInput): Promise<RestoreTestResult>;
  listTests(input: ListTestsInput): Promise<ListTestsResult>;
  showTest(input: ShowTestInput): Promise<ShowTestResult>;
  alerts(input: AlertsInput): Promise<void>;
  health(input: HealthInput): Promise<HealthResult>;
  copiesCheck(input: CopiesCheckInput): Promise<CopiesCheckResult>;
  survey(input: SurveyInput): Promise<SurveyResult>;
  auditReport(input: AuditReportInput): Promise<AuditReportResult>;
  evidence(input: EvidenceInput): Promise<FoundReports>;
  showEvidence(input: ShowEvidenceInput): Promise<ShowEvidenceResult>;
  keepReport(input: KeepReportInput): Promise<KeepReportResult>;
  failover(input: FailoverInput): Promise<FailoverResult>;
  runbookCheck(input: RunbookCheckInput): Promise<RunbookCheckResult>;
  protect(input: ProtectInput): Promise<void>;
  drillWatch(input: DrillWatchInput): Promise<DrillWatchResult>;
  followUps(input: FollowUpsInput): Promise<void>;
};

/** Name of the query that every long workflow answers with its progress. */
export const progressQuery = 'progress';
