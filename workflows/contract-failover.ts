/**
 * A failover, real or rehearsed: what starts it, what it shows, and what it comes to. One workflow, `failover`, for every mode
 * (law 9); what a step does in each is the matter of its action.
 */
import type { AuditTarget, Person, ResolvedRepository, SecretRef, Signer } from '../policy/resolved.ts';
import type { Disaster } from '../policy/resolved-communication.ts';
import type {
  DisasterClass,
  RecoveryPhase,
  ResolvedRunbook,
  ResolvedStep,
  RunMode,
} from '../policy/resolved-failover.ts';
import type { Outcome } from './contract.ts';
import type { CountedApproval } from './contract-approval.ts';
import type { Choice, Fact } from './contract-failover-steps.ts';
import type { FilledMessage } from './contract-failover-telling.ts';
import type { NotedFollowUp } from './contract-follow-ups.ts';
import type { DrillSettings, Expectation } from './contract-rehearsal.ts';
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

/** Who declares a run signs that, in the namespace of failovers; it starts one run within minutes of `at`. */
export type Declaration = { at: string; signature: string };

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
  /** The end of what its command printed: at most 4 kB, less in a run of more than 50 steps. */
  output: string | null;
};

/** judging: a rehearsal is over, and its owner says what came out of it. */
export type RunPhase = 'preparing' | 'running' | 'asking' | 'undoing' | 'judging' | 'done';

export type RunEvent = {
  at: string;
  by: string | null;
  step: string | null;
  sentence: string;
  /** Set on what only says that people were asked once more. */
  reminds?: true;
};

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
  /** Its report is being written: nothing that is said comes into it any more. */
  closing?: true;
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
  /** Newest last; at most 2,000. */
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
