/** What a failover asks its workers of a step, and what they answer. */
import type { Signer } from '../policy/resolved.ts';
import type { ResolvedStep, RunMode } from '../policy/resolved-failover.ts';
import type { NotificationRules } from '../policy/resolved-proof.ts';

/** Something that is true now, as people read it, and as a number where it is one. */
export type Fact = { name: string; value: string; number?: number; unit?: 'seconds' | 'bytes' | 'count' };

/** Names of facts that the engine itself reads. */
export const knownFacts = {
  /** Newest data that the promoted or restored database has; ISO 8601 in `value`. */
  newestData: 'newest data',
  /** When the backup was begun that a restore takes; ISO 8601. */
  begun: 'begun',
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
  /** What is not there, where that is all that is wrong: an earlier step may make it. */
  lacks?: Thing[];
};

/** Something that steps want to be there: `key` tells it from all else. */
export type Thing = { name: string; key: string };

export type Choice = { id: string; sentence: string; rtoSeconds: number | null; rpoSeconds: number | null };

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
  /** It is looked at before its turn: what earlier steps make is not there yet. */
  ahead?: true;
};

export type StepInput = { step: ResolvedStep; run: StepRun };

/** What a look without effect tells: whether it can be done now, and what approvers are shown. */
export type StepLook = {
  findings: PreflightFinding[];
  facts: Fact[];
  choices: Choice[];
  /** Keys of what is there once it is done; told to whoever looks ahead. */
  makes?: string[];
};

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
