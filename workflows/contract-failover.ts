/**
 * A failover, real or rehearsed: what starts it, what people say to it, what it shows, and what it asks its workers. One
 * workflow, `failover`, for every mode (law 9); what a step does in each is the matter of its action.
 */
import type {
  AuditTarget,
  Person,
  ResolvedRepository,
  ScheduleSettings,
  SecretRef,
  Signer,
} from '../policy/resolved.ts';
import type { Audience, Disaster, Moment } from '../policy/resolved-communication.ts';
import type {
  DisasterClass,
  DrillKind,
  RecoveryPhase,
  ResolvedRunbook,
  ResolvedStep,
  RunMode,
  Surprise,
} from '../policy/resolved-failover.ts';
import type { NotificationRules } from '../policy/resolved-proof.ts';
import type { Outcome } from './contract.ts';
import type { CountedApproval } from './contract-approval.ts';
import type { NotedFollowUp } from './contract-follow-ups.ts';
import type { Measured } from './contract-restore-test.ts';

export type FailoverInput = {
  organization: string;
  runbook: ResolvedRunbook;
  mode: RunMode;
  /** Who declared it; approves nothing (law 8). */
  person: string;
  reason: string;
  people: Person[];
  /** Reachable without the lost zones: where earlier drills are read and the report is kept. */
  repositories: ResolvedRepository[];
  signers: Signer[];
  /** The private signing key by zone. */
  signingKeys: Record<string, SecretRef>;
  audit?: AuditTarget;
  /** The zone that keeps the alerts; absent, or lost: nobody is told through them. */
  alertZone?: string;
  /** Of a rehearsal. */
  drill?: DrillSettings;
  /** No other run of this runbook goes on beside it; absent in runs of before, which hold their sources alone. */
  alone?: true;
  /** The newest check of the runbook, as its starter found it; absent: there was none, or nobody could tell. */
  lastCheck?: LastCheck;
  /** The policy's disaster that it was declared as; absent: by the runbook's own name. */
  disaster?: Disaster;
  /** Of real runs whose runbook wants signatures. */
  declaration?: Declaration;
};

/** A look at all steps of a runbook without effect. */
export type LastCheck = {
  at: string;
  version: string;
  result: Outcome;
  /** Steps that could not be done then. */
  faults: string[];
};

export type DrillSettings = {
  /** The policy's name of it; absent for one on demand. */
  name?: string;
  kind?: DrillKind;
  owner: string;
  expect: string[];
  inject: Injection[];
  /** Of one that a Schedule starts. */
  schedule?: ScheduleSettings;
  /** Seconds after which it stops itself; absent: it waits for people. */
  deadline?: number;
  /** Seconds that its owner has after it to say what came out of what was expected; absent: nobody is asked. */
  verdict?: number;
};

/** What was expected of a rehearsal, and what its owner says of it. */
export type Expectation = {
  text: string;
  /** Null while nobody has said. */
  came: 'yes' | 'no' | null;
  by: string | null;
  at: string | null;
  remark: string | null;
};

/** A surprise that the drill's owner chose. */
export type Injection = Surprise;

/** Who declares a run signs that, in the namespace of failovers; it starts one run within minutes of `at`. */
export type Declaration = { at: string; signature: string };

/* ---- messages ---- */

/** A message of the communication plan as it is sent: no placeholder is left. */
export type FilledMessage = {
  name: string;
  audience: Audience;
  moment: Moment;
  subject: string;
  text: string;
  /** `nowhere`: a drill without a channel of its own. */
  way: 'channel' | 'by-hand' | 'nowhere';
  channel: string | null;
  /** Addresses of a channel of mail, else the channel's kind. */
  to: string[];
  /** Of subject and text. */
  sha256: string;
  /** When it went out; absent while it has not. */
  sentAt?: string;
};

/** One message for one channel, as it was approved. */
export type SendMessageInput = {
  rules: NotificationRules;
  message: FilledMessage;
  /** Tells a message sent twice from two messages. */
  messageId: string;
  run: { workflowId: string; runId: string; mode: RunMode; organization: string };
};

/* ---- facts ---- */

/** Something that is true now, as people read it, and as a number where it is one. */
export type Fact = { name: string; value: string; number?: number; unit?: 'seconds' | 'bytes' | 'count' };

/** Names of facts that the engine itself reads. */
export const knownFacts = {
  /** Newest data that the promoted or restored database has; ISO 8601 in `value`. */
  newestData: 'newest data',
  /** Seconds and bytes that promotion loses. */
  lagSeconds: 'replication lag',
  lagBytes: 'replication lag in bytes',
  /** Told to a step that is taken back: the action of another one that stays done. */
  left: 'not taken back',
  /** Told to a step whose promotion a drill took back, once the server that it is to follow again was given back. */
  again: 'follows again',
} as const;

/** One thing that a preflight looked at. */
export type PreflightFinding = {
  step: string;
  outcome: 'ok' | 'warning' | 'fault' | 'not-checked';
  sentence: string;
};

/* ---- what is shown ---- */

/**
 * pending: its needs are not met. waiting: for a person, an approval, a choice or a deed. asking: it failed, and a person
 * says what now. The last five are ends.
 */
export type StepState =
  | 'pending'
  | 'waiting'
  | 'running'
  | 'asking'
  | 'passed'
  | 'passed-with-exceptions'
  | 'skipped'
  | 'undone'
  | 'not-reached';

export type Choice = { id: string; sentence: string; rtoSeconds: number | null; rpoSeconds: number | null };

export type StepProgress = {
  id: string;
  do: ResolvedStep['do'];
  phase: RecoveryPhase;
  role: string;
  needs: string[];
  state: StepState;
  /** What it is for, in the team's words. */
  say: string;
  /** What it does in this mode. */
  does: string;
  startedAt: string | null;
  endedAt: string | null;
  attempts: number;
  /** What it waits for, in words; null when it waits for nobody. */
  waitsFor: { kind: 'approval' | 'deed' | 'choice' | 'decision'; since: string; sentence: string } | null;
  /** What approvers are shown, the text that is signed, and its SHA-256. */
  facts: Fact[];
  text: string | null;
  hash: string | null;
  choices: Choice[];
  chosen: string | null;
  approvals: CountedApproval[];
  /** How many people must approve; absent: one. */
  needed?: number;
  /** By when its message must be out. */
  dueAt?: string;
  /** What it sends, from the moment when it was filled on. */
  message?: FilledMessage;
  /** Set where a person asked for it on the way; it is no step of the runbook. */
  asked?: { by: string; sends: string; note: string | null };
  /** Why it failed, is skipped, or what its exceptions are. */
  sentences: string[];
  /** What it found: for reports, and for steps that come after. */
  results: Fact[];
  /** The end of what its command printed; at most 4 kB. */
  output: string | null;
};

/** judging: a rehearsal is over, and its owner says what came out of it. */
export type RunPhase = 'preparing' | 'running' | 'asking' | 'undoing' | 'judging' | 'done';

export type RunEvent = { at: string; by: string | null; step: string | null; sentence: string };

/** An earlier run of the same runbook, as its report tells. */
export type EarlierRun = {
  workflowId: string;
  mode: RunMode;
  version: string;
  at: string;
  result: Outcome;
  /** The policy's name of the drill that it was. */
  drill?: string;
  rto: number | null;
  /** Seconds of each step that was done. */
  steps: Record<string, number>;
  /** Those of them that only said what they would do. Absent: it was not looked for. */
  simulated?: string[];
};

/** What the query `progress` answers. */
export type FailoverProgress = {
  workflowId: string;
  /** With the workflow's id it names the run: a runbook has one id, and may run again. */
  runId: string;
  runbook: string;
  version: string;
  mode: RunMode;
  class: DisasterClass;
  /** The policy's disaster that it was declared as. */
  disaster?: string;
  phase: RunPhase;
  declaredBy: string;
  declaredAt: string;
  reason: string;
  /** Who leads: one of the commander's role, once somebody has spoken or taken over. */
  commander: string | null;
  /** The role that leads. */
  commanders: string;
  signatures: 'signed' | 'named';
  lost: string[];
  /** Whether the commander has decided to go on without the lost side. */
  degraded: boolean;
  /** Who stopped it; null while nobody did. */
  aborted: { by: string; at: string; reason: string } | null;
  /** Law 11: what the result will not hide. */
  exceptions: string[];
  /** Of a rehearsal whose owner is asked. */
  expectations?: Expectation[];
  /** Who is waited for to say what came out, since everything was done, and until when. */
  verdict?: { owner: string; since: string; until: string };
  /** What people noted that is to be done. */
  followUps?: NotedFollowUp[];
  steps: StepProgress[];
  /** Newest last; at most 500. */
  events: RunEvent[];
  /** Messages that were heard and not followed; at most 200. */
  refused: RunEvent[];
  lastDrill: EarlierRun | null;
  /** What its steps are measured against: the last rehearsal of the same kind, of this version where there is one. */
  before?: EarlierRun | null;
  lastCheck: LastCheck | null;
  /** Seconds; RTO runs while the run does. */
  rto: Measured;
  rpo: Measured;
  result: Outcome | null;
};

export type FailoverResult = {
  result: Outcome;
  runbook: string;
  version: string;
  mode: RunMode;
  declaredAt: string;
  endedAt: string;
  rto: Measured;
  rpo: Measured;
  steps: Pick<StepProgress, 'id' | 'state' | 'startedAt' | 'endedAt' | 'sentences'>[];
  /** Law 11: everything that was skipped, taken on somebody's word, or not checked. */
  exceptions: string[];
  /** What an abort undid, and what can't be undone. */
  undone: string[];
  left: string[];
  evidence: { path: string; sha256: string; stored: string[] } | null;
};

/** A run as its signed report tells it: all but where the report itself lies. */
export type FailoverReport = Omit<FailoverResult, 'evidence' | 'steps'> &
  Pick<
    FailoverProgress,
    | 'workflowId'
    | 'runId'
    | 'class'
    | 'disaster'
    | 'declaredBy'
    | 'reason'
    | 'commander'
    | 'signatures'
    | 'lost'
    | 'degraded'
  > & {
    organization: string;
    policyHash: string;
    tier: string | null;
    drill: DrillSettings | null;
    steps: StepProgress[];
    events: RunEvent[];
    refused: RunEvent[];
    lastDrill: EarlierRun | null;
    /** Absent in reports of before it was told. */
    lastCheck?: LastCheck | null;
    before?: EarlierRun | null;
    expectations?: Expectation[];
    followUps?: NotedFollowUp[];
  };

export type SignFailoverReportInput = { report: FailoverReport; signingKey: SecretRef };

/* ---- what workers are asked ---- */

/** What a step knows of the run that it is part of. */
export type StepRun = {
  workflowId: string;
  runId: string;
  runbook: string;
  mode: RunMode;
  declaredAt: string;
  lost: string[];
  degraded: boolean;
  /** What earlier steps found, by step; under the step's own id what was seen and found of itself so far. */
  results: Record<string, Fact[]>;
  /** Of `postgres.recover`. */
  chosen: string | null;
  signers: Signer[];
  /** Of `communicate`: what its channel needs; absent where none sends it. */
  rules?: Pick<NotificationRules, 'mail' | 'channels'>;
};

export type StepInput = { step: ResolvedStep; run: StepRun };

/** What a look without effect tells: whether it can be done now, and what approvers are shown. */
export type StepLook = { findings: PreflightFinding[]; facts: Fact[]; choices: Choice[] };

export type StepReport = {
  /** Law 11: what is not simply so. */
  exceptions: string[];
  results: Fact[];
  /** In words, for the report's timeline. */
  sentence: string;
  output: string | null;
};

/** What became of a step that was to be undone. */
export type StepUndoing = { outcome: 'undone' | 'nothing-to-undo' | 'not-undoable'; sentence: string };
