/** What the filling of an air-gapped repository, its clients and its activities say to each other. */
import type { AuditTarget, Manual, Person, ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { ExpiryResult, RetainedPlan } from './contract-retention.ts';

export type AirgapInput = {
  organization: string;
  policyHash: string;
  /** The repository that a person attaches. */
  repository: ResolvedRepository;
  manual: Manual;
  /** The plans whose backups belong into it, and the repositories that have them, in the plan's own order. */
  plans: {
    plan: string;
    source: string;
    from: ResolvedRepository[];
    /** The plan where it has rules of retention: what they let go goes from the repository too. */
    retained?: RetainedPlan;
  }[];
  signers: Signer[];
  people: Person[];
  audit?: AuditTarget;
  /** The zone that keeps the alerts: whoever is asked is told. */
  alertZone?: string;
};

export type AirgapPhase =
  | 'asking to attach'
  | 'copying'
  | 'expiring'
  | 'asking to detach'
  | 'done'
  | 'failed'
  | 'aborted';

/** What the zone's worker sees of the repository. */
export type Sight = { there: boolean; sentence: string };

export type LookInput = {
  repository: ResolvedRepository;
  organization: string;
  /** Mark an empty medium as this repository. */
  fresh: boolean;
  /** Whom to tell in the worker's log that something is asked of them. */
  ask?: { verb: 'attach' | 'detach'; roles: string[]; people: string[]; sentence: string };
};

export type FillInput = Omit<AirgapInput['plans'][number], 'retained'> & {
  repository: ResolvedRepository;
  signers: Signer[];
  policyHash: string;
};

/** What the query `progress` answers. */
export type AirgapProgress = {
  repository: string;
  phase: AirgapPhase;
  /** How often somebody was asked in this phase. */
  asked: number;
  /** Roles that are asked by now. */
  roles: string[];
  /** When the run gives up on this phase; null while it copies. */
  until: string | null;
  attachedBy: string | null;
  plans: PlanFill[];
  expired: PlanExpiry[];
  /** What the run has to say, the newest last. */
  notes: string[];
};

/** A person's word that the repository is attached, or detached. */
export type AttachWord = {
  by: string;
  /** The medium is new and empty: it is to become this repository. */
  fresh?: boolean;
};

/** What became of one plan's backups in an air-gapped repository. */
export type PlanFill = {
  plan: string;
  /** Backups copied, read back and committed by this run. */
  copied: number;
  bytes: number;
  /** Backups of the plan's source that were there before. */
  present: number;
  /** The newest backup of the plan in the repository now. */
  newest: { backupId: string; dataTime: string } | null;
  exceptions: string[];
};

/** What went of one plan's backups from an air-gapped repository, because their time was over. */
export type PlanExpiry = { plan: string } & Omit<ExpiryResult, 'repository'>;

export type AirgapResult = {
  result: 'passed' | 'passed-with-exceptions';
  repository: string;
  attachedBy: string | null;
  /** Who said that it is detached; null when it was seen to be gone. */
  detachedBy: string | null;
  plans: PlanFill[];
  /** Of plans with rules of retention. */
  expired: PlanExpiry[];
  exceptions: string[];
};

/** Names of the messages, each an Update and a Signal. */
export const attachedUpdate = 'attached';
export const attachedSignal = 'attachedSignal';
export const detachedUpdate = 'detached';
export const detachedSignal = 'detachedSignal';

/** What an online repository remembers of the last filling of an air-gapped one. */
export type AirgapRecord = {
  repository: string;
  at: string;
  plans: { plan: string; newest: PlanFill['newest'] }[];
};

/** The newest record that any of the online repositories has. */
export type AirgapStateInput = { repository: string; records: ResolvedRepository[] };
export type AirgapStateResult = {
  record: AirgapRecord | null;
  unreadable: { repository: string; sentence: string }[];
};
