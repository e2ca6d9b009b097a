/** The checks on schedules, `health` and `copies` (3-2-1), and what their activities find. */

import type {
  AuditTarget,
  ResolvedKey,
  ResolvedPolicy,
  ResolvedRepository,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { NotificationRules, Prices, ResolvedChecks, ScratchServer } from '../policy/resolved-proof.ts';
import type { Outcome, Reason } from './contract.ts';
import type { AlertFinding } from './contract-alerts.ts';
import type { Evidence } from './contract-evidence.ts';
import type { RepositorySurvey } from './contract-survey.ts';

/** What the checks need to know of a plan; the whole plan would make the Schedule's argument large. */
export type CheckedPlan = {
  plan: string;
  source: string;
  zone: string;
  site: string;
  key: string;
  cron: string;
  /** Seconds that a run may start after its time without anything being wrong. */
  late: number;
  deadline: number;
  paused: boolean;
  rpo: number | null;
  /** Online repositories, and those that a person attaches. */
  copies: string[];
  /** Seconds for which this plan locks its copies, by repository: a lock without a time of its own follows its retention. */
  locks?: Record<string, number>;
  airgapped: string[];
  /** The longest time between two scheduled restore tests, in seconds; null without a schedule. */
  testInterval: number | null;
  shared: boolean;
};

export type ChecksInput = {
  organization: string;
  policyHash: string;
  timezone: string;
  checks: ResolvedChecks;
  zones: ResolvedPolicy['zones'];
  repositories: ResolvedRepository[];
  plans: CheckedPlan[];
  /** What else the policy wants to be started again and again and does not pause, by the ids of its Schedules without their prefix. */
  schedules?: string[];
  keys: ResolvedKey[];
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  prices: Prices;
  notifications: NotificationRules;
  /** Servers on which runs make scratch databases, and may leave some. */
  scratchServers?: ScratchServer[];
  audit?: AuditTarget;
  /** Absent: `usualPatience` of workflows/checks-patience.ts. */
  patience?: ChecksPatience;
};

/** How long checks wait for what does not answer, in seconds. Tests shorten it. */
export type ChecksPatience = {
  /** For a zone's worker; `health` waits a second time, which may be longer. */
  zone: number;
  zoneAgain: number;
  /** Requests to a repository are repeated for so long. */
  repository: number;
  /** Before what may only look wrong is looked at again. */
  lapse: number;
};

/* ---- health ---- */

export type HealthInput = ChecksInput & {
  /** Only looks: nobody is told. */
  quiet?: true;
};

/** What Temporal's lists tell of a plan, without asking for each one. */
export type PlanStanding = {
  plan: string;
  applied: boolean;
  paused: boolean;
  /** A run that is under way, since when. */
  running: { workflowId: string; since: string } | null;
  /** The newest run that ended. */
  last: { workflowId: string; at: string; result: string } | null;
  next: string | null;
};

/** What Temporal itself tells of a plan's Schedule and runs. */
export type PlanRuns = PlanStanding & {
  /** When the Schedule became what it is: what was due before was due by another; null where there is none. */
  changedAt: string | null;
  /** Whether the live Schedule is another than the policy's: somebody changed it by hand. */
  drifted: boolean;
  missed: number;
};

/** A Schedule that starts nothing, by its id without the prefix of all: `retention/shop-daily`. */
export type StoppedSchedule = { id: string; how: 'paused' | 'missing' };

export type TemporalFacts = {
  plans: PlanRuns[];
  /** Zones without a worker that asks for work. */
  silentZones: string[];
  /** Of the Schedules beside those of backups. */
  stopped: StoppedSchedule[];
};

/** What could not be looked at, and why: no pass for it (law 11). */
export type Unchecked = { subject: string; sentence: string };

export type HealthResult = {
  result: 'passed' | 'failed';
  at: string;
  findings: AlertFinding[];
  /** What is no finding any more, and still too near to one to close its alert. */
  lingering?: AlertFinding[];
  unchecked: Unchecked[];
  /** A month's cost now; null without prices. */
  cost: number | null;
  /** What workers that are gone had left behind, and is removed now. */
  tidied: { zone: string; removed: string[] }[];
  /** Present where the watcher outside could not be told. */
  warnings?: string[];
};

/** A backup unlike those before it, as the zone of a repository sees it that has their sizes. */
export type OddBackup = {
  plan: string;
  repository: string;
  backupId: string;
  kind: 'size-changed' | 'compression-fell';
  sentence: string;
};

/** Whether a zone can still use a key as its work needs it. */
export type KeyFact = {
  /** A key's name, or `signing key of <zone>`. */
  key: string;
  state: 'usable' | 'unusable' | 'unknown';
  /** When it stops being usable; null when it never does. */
  expires: string | null;
  sentence: string;
};

/** What a zone's repositories remember of an air-gapped one. */
export type FillingFact = { repository: string; at: string | null; unreadable: string | null };

/** What one zone finds out about itself, as `health` weighs it; sizes are weighed where they were read. */
export type ZoneFacts = {
  zone: string;
  repositories: RepositorySurvey[];
  odd: OddBackup[];
  keys: KeyFact[];
  fillings: FillingFact[];
};

/** A zone's facts, packed for the way through Temporal, or why it did not answer. */
export type ZoneAnswer = { zone: string; packed: string } | { zone: string; silent: string };

/** What `health` is judged on beside the run's own input, which is read from its history. */
export type JudgeHealthInput = { answers: ZoneAnswer[]; at: string };

export type HealthJudgement = Omit<HealthResult, 'at' | 'tidied'> & {
  /** Whether something may only look wrong because Temporal or a worker has just started. */
  lookAgain: boolean;
};

/** What was removed of workers that are gone. */
export type Tidied = { removed: string[] };

/* ---- copies: 3-2-1 ---- */

export type CopiesCheckInput = ChecksInput & {
  /** Only looks, or looks at some plans alone: no alert is opened or closed by it. */
  quiet?: true;
  /** Who asked for it, where a person did; for the audit log. */
  person?: string;
};

export type CopiesCheck =
  | 'copies'
  | 'media'
  | 'offsite'
  | 'residency'
  | 'reachable'
  | 'rehashed'
  | 'decryptable'
  | 'encrypted'
  | 'locked';

/** Law 11: what was not checked is no pass. */
export type Verdict = { outcome: 'yes' | 'no' | 'not-checked'; sentence: string };

/** One answer of the check on one plan. */
export type CopiesFact = Verdict & {
  plan: string;
  check: CopiesCheck;
  /** What it is of: the plan, `offsite/shop-daily`, a repository, a key. */
  subject: string;
  /** It was wrong, and the check put it right. */
  mended?: true;
};

export type CopiesCheckResult = {
  result: Outcome;
  at: string;
  /** Outcomes of each plan; the sentences of those that are not `yes`, and of what was put right, are in `facts`. */
  plans: { plan: string; outcomes: Record<CopiesCheck, Verdict['outcome']> }[];
  facts: CopiesFact[];
  exceptions: string[];
  evidence: { path: string; stored: string[] } | null;
  /** Present where the audit log could not be written. */
  warnings?: string[];
};

/** The newest copies of one plan in one repository, looked at where they lie. */
export type NewestCopies = {
  plan: string;
  source: string;
  repository: string;
  /** Ids, newest first. */
  backups: string[];
  encrypted: Verdict;
  locked: Verdict;
};

/** What one zone tells of the copies in its repositories. */
export type CopiesFacts = {
  zone: string;
  repositories: { repository: string; unreadable: string | null }[];
  newest: NewestCopies[];
  fillings: (FillingFact & { plans: string[] })[];
};

/** A copy to be read again, byte by byte. */
export type SampledCopy = { plan: string; source: string; repository: string; backupId: string };

/** A zone's facts, packed, with what is to be sampled there; or why it did not answer. */
export type CopiesAnswer =
  | { zone: string; packed: string; sample: SampledCopy[] }
  | { zone: string; silent: string };

export type Rehashed = Omit<SampledCopy, 'source'> & Verdict & Pick<CopiesFact, 'mended'>;

/** Whether a zone opened what was encrypted with a key. */
export type CanaryFact = { key: string; zone: string } & Verdict;

export type JudgeCopiesInput = {
  answers: CopiesAnswer[];
  rehashed: Rehashed[];
  canaries: CanaryFact[];
  at: string;
};

export type CopiesJudgement = Pick<CopiesCheckResult, 'result' | 'plans' | 'facts' | 'exceptions'> & {
  findings: AlertFinding[];
  /** Signed; null where no zone of the policy signs. */
  evidence: Evidence | null;
};

/* ---- canary: whether a key still opens what it encrypts ---- */

export type SealCanaryInput = { key: ResolvedKey; text: string };
export type OpenCanaryInput = { key: ResolvedKey; sealed: string; text: string };
export type CanaryResult = { opened: boolean; reason: Reason | null };
