/** What the activities take and give. Types only: workflow code imports them without the code behind. */
import type { ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Reason, Recorded } from '../workflows/contract.ts';
import type {
  AirgapRecord,
  AirgapStateInput,
  AirgapStateResult,
  FillInput,
  LookInput,
  PlanFill,
  Sight,
} from '../workflows/contract-airgap.ts';
import type {
  AuditInput,
  AuditResult,
  RecordInput,
  RecordResult,
  VerifyAuditInput,
  VerifyAuditResult,
} from '../workflows/contract-audit.ts';
import type { CatalogueInput, CatalogueResult } from '../workflows/contract-catalogue.ts';
import type { LifecycleInput, LifecycleResult } from '../workflows/contract-lifecycle.ts';
import type { MendInput, MendResult } from '../workflows/contract-mend.ts';
import type { RestoreAttempt, RestoreInput } from '../workflows/contract-restore.ts';
import type { ThawInput, ThawState } from '../workflows/contract-thaw.ts';
import type {
  DoctorInput,
  DoctorResult,
  PolicySeal,
  PublishInput,
  PublishResult,
  SweepInput,
  SweepResult,
} from '../workflows/contract-upkeep.ts';
import type { BackupRef, CopyVerification, VerifyInput } from '../workflows/contract-verify.ts';
import type { AlertActivities } from './alerts-types.ts';
import type { AuditReportActivities } from './audit-report-types.ts';
import type { DeletionActivities, RequestActivities } from './deletion-types.ts';
import type { DrillActivities } from './drills-types.ts';
import type { EvidenceActivities } from './evidence-types.ts';
import type { FailoverActivities } from './failover-types.ts';
import type { CheckActivities } from './health-types.ts';
import type { RefreshActivities } from './refresh-types.ts';
import type { RestoreTestActivities } from './restore-test-types.ts';
import type { RetentionActivities } from './retention-types.ts';
import type { SurveyActivities } from './survey-types.ts';
import type { SwitchActivities } from './switch-types.ts';

/** One occurrence of a plan: what makes two runs of the same occurrence recognizable. */
export type Occurrence = { workflowId: string; runId: string; nominalTime: string };

export type PreflightInput = { plan: ResolvedPlan; occurrence: Occurrence };

export type PreflightResult = {
  backupId: string;
  /** The manifest of this very occurrence, when an earlier run has made it. */
  done: { manifest: Manifest; repositories: string[] } | null;
  /** Repositories that the source's worker can write to now. */
  reachable: string[];
  unreachable: { repository: string; reason: Reason }[];
  warnings: string[];
};

export type DumpInput = { plan: ResolvedPlan; backupId: string; occurrence: Occurrence; targets: string[] };

export type DumpResult = {
  manifest: Manifest;
  stored: string[];
  dropped: { repository: string; reason: Reason }[];
};

export type CopyInput = { repository: ResolvedRepository; manifest: Manifest };
export type CommitInput = CopyInput & { signature: string; plan: ResolvedPlan };
export type TransferInput = CopyInput & { from: ResolvedRepository; stallSeconds: number };

export type BackupActivities = {
  /** Finds out, without effect, whether the backup can be made, and where its copies can go. */
  preflight(input: PreflightInput): Promise<PreflightResult>;
  /** Dump and fingerprint in one snapshot, compressed, encrypted, hashed and stored in every target in one pass. */
  dump(input: DumpInput): Promise<DumpResult>;
  /** Reads a copy back and compares every byte's hash. */
  verifyCopy(input: CopyInput): Promise<void>;
  /** The manifest's signature by this zone's key. */
  signManifest(input: { plan: ResolvedPlan; manifest: Manifest }): Promise<string>;
  /**
   * Makes the copy count: RESTORE.md, signature, manifest, in that order, create-only. Gives SHA-256 of the manifest's
   * bytes, which histories of version 0.1 have not.
   */
  commitCopy(input: CommitInput): Promise<{ sha256: string } | undefined>;
  /** Fills a copy from a good one; the source is not asked again. */
  transferCopy(input: TransferInput): Promise<void>;
};

export type ReadingActivities = {
  verifyBackup(
    input: Omit<VerifyInput, 'repositories'> & { repository: VerifyInput['repositories'][number] },
  ): Promise<CopyVerification>;
  /** Writes RESTORE.md anew beside a copy where it is missing or not what the signed manifest gives. */
  mendRestoreDocument(input: MendInput): Promise<MendResult>;
  restoreIntoScratch(
    input: Omit<RestoreInput, 'candidates'> & { repository: ResolvedRepository; backup: BackupRef },
  ): Promise<RestoreAttempt>;
  /** How much of a copy lies in an archive; asks for it where that is wanted. */
  thawCopy(input: ThawInput): Promise<ThawState>;
  readCatalogue(input: CatalogueInput): Promise<CatalogueResult>;
};

export type SealPolicyInput = Pick<PublishInput, 'organization' | 'hash' | 'text'> & Omit<PolicySeal, 'zone'>;
export type PolicySignature = { signature: string; signedBy: string };

export type PublishToInput = Omit<PublishInput, 'seal' | keyof Recorded> & {
  sealed?: Pick<PolicySeal, 'at' | 'publicKeys'> & PolicySignature;
};

export type CareActivities = {
  /** Signs an applied policy, with what it names by path. */
  sealPolicy(input: SealPolicyInput): Promise<PolicySignature>;
  publishPolicy(input: PublishToInput): Promise<PublishResult>;
  examine(input: DoctorInput): Promise<DoctorResult>;
  sweepRepository(input: SweepInput): Promise<SweepResult>;
  tendLifecycle(input: LifecycleInput): Promise<LifecycleResult>;
};

export type AuditActivities = {
  /** Appends events to the chain of the worker's own zone, and signs its new head. An event is recorded once. */
  recordAudit(input: RecordInput): Promise<RecordResult>;
  readAudit(input: AuditInput): Promise<AuditResult>;
  verifyAudit(input: VerifyAuditInput): Promise<VerifyAuditResult>;
};

export type AirgapActivities = {
  lookForRepository(input: LookInput): Promise<Sight>;
  fillAirgapped(input: FillInput): Promise<PlanFill>;
  recordFilling(input: { repository: ResolvedRepository; record: AirgapRecord }): Promise<void>;
  readFillings(input: AirgapStateInput): Promise<AirgapStateResult>;
};

export type Activities = AirgapActivities &
  CheckActivities &
  AlertActivities &
  DeletionActivities &
  DrillActivities &
  RequestActivities &
  BackupActivities &
  ReadingActivities &
  CareActivities &
  AuditActivities &
  AuditReportActivities &
  EvidenceActivities &
  FailoverActivities &
  RestoreTestActivities &
  RetentionActivities &
  RefreshActivities &
  SwitchActivities &
  SurveyActivities;
