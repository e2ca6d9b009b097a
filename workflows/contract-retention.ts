/** What retention, its clients and its activities say to each other. */
import type {
  AuditTarget,
  ResolvedPlan,
  ResolvedRepository,
  ResolvedRetention,
  RetentionRules,
  Tier,
} from '../policy/resolved.ts';
import type { Outcome } from './contract.ts';
import type { BackupRef } from './contract-verify.ts';

export type RetentionInput = {
  plan: ResolvedPlan;
  /** `preview` touches nothing. */
  mode: 'preview' | 'run';
  /** The hash of the decision that somebody saw and agreed to; another one is not carried out. */
  expect?: string;
  /** Who agreed to it. */
  by?: string;
};

/** A source's state, packed: what a run saw, from which everybody decides the same. */
export type PackedSurvey = string;

/** What a run leaves in every repository: by which rules it ran, and how much there was. */
export type RetentionRecord = {
  format: 'holdfast-retention/1';
  plan: string;
  at: string;
  timezone: string;
  rules: RetentionRules;
  /** Who agreed when they became shorter; null when nobody was asked. */
  confirmedBy: string | null;
  decision: string;
  workflowId: string;
  /** Verified copies by repository, after the run. */
  copies: Record<string, number>;
};

/** What is known of a plan where its backups are decided on, and let go. */
export type RetainedPlan = Pick<ResolvedPlan, 'name' | 'timezone' | 'copies' | 'airgapped' | 'siblings'> & {
  source: Pick<ResolvedPlan['source'], 'name' | 'zone'>;
  retention?: Pick<ResolvedRetention, 'rules' | 'storage'>;
};

export type SurveyInput = { plan: RetainedPlan; repository: ResolvedRepository; survey: PackedSurvey | null };

export type SurveyResult = {
  survey: PackedSurvey;
  /** Verified copies; null when an air-gapped repository is in its safe. */
  copies: number | null;
  last: RetentionRecord | null;
  warnings: string[];
};

/** The rules of the last run; null when there was none, and everything was kept. */
export type FormerRules = Pick<RetentionRecord, 'rules' | 'timezone'> | null;

/** What a decision is made of. */
export type Basis = {
  plan: RetainedPlan;
  survey: PackedSurvey;
  now: string;
  /** Decided for an air-gapped repository while it is attached: what goes from it alone. */
  attached?: { repository: string; former: FormerRules };
};

export type LockInput = Basis & { repository: ResolvedRepository };
export type LockResult = { survey: PackedSurvey; asked: number; exceptions: string[] };

/** A sentence about one backup. */
export type Told = { backupId: string; sentence: string };

export type RetentionCounts = { keep: number; promote: number; expire: number; violations: number };

export type WeighInput = Basis & { former: FormerRules };

export type Weighed = {
  /** SHA-256 of everything that would be done. */
  hash: string;
  counts: RetentionCounts;
  /** Bytes of the copies that go. */
  freed: number;
  /** How much there is to do in each repository. */
  work: { repository: string; promotions: number; removals: number; copies: number }[];
  /** Backups that go and that the former rules would keep; the first of them by id. */
  shorter: { backups: number; first: string[] };
  promotions: { backupId: string; tier: Tier; until: string }[];
  expiries: Told[];
  violations: (Told & { until: string | null })[];
};

/** Something that is done in one repository, by the decision of that hash. */
export type DeedInput = Basis & { repository: ResolvedRepository; hash: string };

/** The same for a promotion, which may have to copy into an archive. */
export type PromotionInput = DeedInput & { plan: ResolvedPlan };

export type PromotionResult = { repository: string; promoted: number; exceptions: string[] };

export type ExpiryResult = {
  repository: string;
  removed: number;
  bytes: number;
  /** The first of them. */
  backups: string[];
  /** What stayed although it was to go, and why. */
  exceptions: string[];
};

export type RetentionPhase =
  | 'surveying'
  | 'deciding'
  | 'promoting'
  | 'waiting for confirmation'
  | 'expiring'
  | 'done'
  | 'failed'
  | 'aborted';

export type RetentionProgress = {
  plan: string;
  mode: RetentionInput['mode'];
  phase: RetentionPhase;
  now: string | null;
  weighed: Weighed | null;
  confirmedBy: string | null;
  /** Until when a person may confirm; null when nobody is asked. */
  confirmUntil: string | null;
  exceptions: string[];
  warnings: string[];
};

export type RetentionResult = {
  result: Outcome;
  mode: RetentionInput['mode'];
  plan: string;
  source: string;
  now: string;
  hash: string;
  counts: RetentionCounts;
  freed: number;
  /** Copies that were promoted, and removed. */
  promoted: number;
  expired: number;
  bytes: number;
  confirmedBy: string | null;
  exceptions: string[];
  warnings: string[];
  violations: Weighed['violations'];
  /** Whether a run would ask for a confirmation. */
  shorter: Weighed['shorter'];
  survey: PackedSurvey;
};

/** Name of the Update and of the Signal by which a person agrees to rules that became shorter. */
export const confirmMessage = 'confirm';

export type Confirmation = { by: string };

/* ---- legal holds ---- */

export type HoldInput = {
  backup: BackupRef;
  /** Whose worker writes the audit log. */
  zone: string;
  repositories: ResolvedRepository[];
  audit?: AuditTarget;
  mode: 'hold' | 'release';
  by: string;
  reason: string;
};

/** The same for one repository. */
export type HoldInRepository = Pick<HoldInput, 'backup' | 'mode' | 'by' | 'reason'> & {
  repository: ResolvedRepository;
  /** Eight hex digits. */
  id: string;
  at: string;
};

export type HoldOutcome = {
  repository: string;
  outcome: 'held' | 'released' | 'no-copy' | 'away' | 'failed';
  sentence?: string;
};

export type HoldResult = { result: Outcome; backup: BackupRef; id: string; repositories: HoldOutcome[] };
