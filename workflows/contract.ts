/**
 * What workflows, their clients and their activities say to each other: plain data, small, without secrets.
 * Times are ISO 8601 in UTC, durations in seconds, sizes in bytes.
 */
import type { ErrorCode } from '../policy/errors.ts';
import type { PublicKeys } from '../policy/key-files.ts';
import type {
  AuditTarget,
  ResolvedKey,
  ResolvedPlan,
  ResolvedRepository,
  ResolvedSource,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { AirgapInput, AirgapResult, AirgapStateInput, AirgapStateResult } from './contract-airgap.ts';
import type { AlertsInput } from './contract-alerts.ts';
import type { AuditInput, AuditResult, VerifyAuditInput, VerifyAuditResult } from './contract-audit.ts';
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
import type { DocumentFault } from './contract-mend.ts';
import type { RefreshInput, RefreshResult } from './contract-refresh.ts';
import type { AuditReportInput, AuditReportResult, FoundReports } from './contract-report.ts';
import type { SignedRequest } from './contract-request.ts';
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

/* ---- backup ---- */

export type BackupInput = {
  plan: ResolvedPlan;
  /** Who asked for it, where a person did; for the audit log. */
  person?: string;
  /** Where the plan wants a second factor of people. */
  request?: SignedRequest;
};

export type CopyState =
  | 'waiting'
  | 'writing'
  | 'written'
  | 'verified'
  | 'committed'
  | 'catching-up'
  | 'missing';

export type CopyProgress = { repository: string; state: CopyState; note?: string };

export type BackupPhase =
  | 'preflight'
  | 'dumping'
  | 'verifying'
  | 'committing'
  | 'catching up'
  | 'done'
  | 'failed'
  | 'aborted';

/** What the query `progress` answers and the current details show. */
export type BackupProgress = {
  plan: string;
  backupId: string;
  phase: BackupPhase;
  startedAt: string;
  copies: CopyProgress[];
  stream?: StreamProgress;
  /** Why it failed. */
  reason?: string;
  warnings: string[];
};

/** How far a stream is: also the heartbeat of long activities, and the signal `streamed`. */
export type StreamProgress = {
  phase: string;
  bytes: number;
  bytesPerSecond: number;
  elapsed: number;
  note?: string;
};

export type BackupFile = {
  name: string;
  role: 'data' | 'globals' | 'fingerprint';
  bytes: number;
  rawBytes: number | null;
  sha256: string;
};

export type BackupResult = {
  result: 'passed' | 'passed-with-exceptions';
  plan: string;
  source: string;
  backupId: string;
  startedAt: string;
  dataTime: string;
  endedAt: string;
  bytes: number;
  rawBytes: number | null;
  tables: number | null;
  rows: number | null;
  copies: CopyResult[];
  /** Why the result is not simply `passed`. */
  exceptions: string[];
  /** What is not wrong with this backup, and still wants attention. */
  warnings: string[];
};

export type CopyResult = { repository: string; state: 'committed' | 'missing'; sentence?: string };

/* ---- verify ---- */

export type BackupRef = { source: string; backupId: string };

export type VerifyInput = {
  backup: BackupRef;
  repositories: ResolvedRepository[];
  signers: Signer[];
  /** Decrypt where a zone has the key, and read the table of contents. */
  deep: boolean;
  keys: ResolvedKey[];
} & Recorded;

export type CopyVerification = {
  repository: string;
  outcome: 'passed' | 'failed' | 'not-checked';
  signedBy?: string;
  bytes: number;
  files: number;
  /** Files that were also compared with the checksum that the repository's service keeps. */
  serviceChecksums?: number;
  /** Entries in the table of contents; absent when it was not read. */
  contents?: number;
  /** What is wrong with RESTORE.md, where the rest is whole. */
  document?: DocumentFault;
  /** Everything that is wrong, or why a check could not be made. */
  sentences: string[];
};

export type VerifyResult = {
  result: Outcome;
  backup: BackupRef;
  copies: CopyVerification[];
  /** Present where the audit log could not be written. */
  warnings?: string[];
};

/* ---- publish the policy ---- */

export type PublishInput = {
  organization: string;
  hash: string;
  text: string;
  repositories: ResolvedRepository[];
  /** By whom it is signed, so that a recovery can begin with it; absent: it is laid down unsigned. */
  seal?: PolicySeal;
} & Recorded;
/** What is signed with a policy's text, where, and with which key. */
export type PolicySeal = { at: string; publicKeys: PublicKeys; zone: string; signingKey: SecretRef };
export type PublishResult = {
  /** Present where the audit log could not be written. */
  warnings?: string[];
  repositories: {
    repository: string;
    outcome: 'marked' | 'published' | 'unchanged' | 'failed';
    sentence?: string;
    /** Fingerprint of the key that signed what was laid down; absent: it is unsigned. */
    signedBy?: string;
  }[];
};

/* ---- doctor ---- */

export type DoctorInput = {
  zone: string;
  sources: ResolvedSource[];
  keys: ResolvedKey[];
  /** Probed from this zone. */
  repositories: ResolvedRepository[];
  signingKey: SecretRef | null;
  signers: Signer[];
};

export type DoctorFinding = {
  subject: string;
  check: string;
  outcome: 'ok' | 'warning' | 'fault';
  sentence: string;
};
export type DoctorResult = { zone: string; findings: DoctorFinding[] };

/* ---- sweep ---- */

export type SweepInput = { repository: ResolvedRepository; graceSeconds: number; dryRun: boolean } & Recorded;
export type SweepResult = {
  repository: string;
  removed: string[];
  kept: { key: string; sentence: string }[];
  unfinishedUploads: number;
  /** Present where the audit log could not be written. */
  warnings?: string[];
};

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

/** Name of the signal by which the backup's activity tells how far its stream is. */
export const streamedSignal = 'streamed';
