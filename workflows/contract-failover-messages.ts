/**
 * What is said to a failover: by people, each message an Update and a Signal through the same checks; and by other runs
 * that want what it protects.
 */
import type { RunMode } from '../policy/resolved-failover.ts';

/** Names of the messages: each an Update and a Signal. */
export const failoverMessages = {
  approve: 'approve',
  reject: 'reject',
  complete: 'complete',
  choose: 'choose',
  skip: 'skip',
  retry: 'retry',
  abort: 'abort',
  note: 'note',
  takeOver: 'take-over',
  degrade: 'degrade',
  outcome: 'outcome',
  communicate: 'communicate',
} as const;

type Said = {
  by: string;
  /** Over `messageText`; where the run wants signatures. */
  signature?: string;
};

/** The messages, as they are sent. `hash` names the facts that the sender saw. */
export type StepApproval = Said & { step: string; hash: string };
export type StepRejection = Said & { step: string; reason: string };
/** A deed that a person did, with what shows it; or, for a step that failed, their word that it is done or needless. */
export type StepCompletion = Said & { step: string; evidence: string };
export type StepChoice = Said & { step: string; hash: string; option: string };
export type StepSkip = Said & { step: string; reason: string };
export type StepRetry = Said & { step: string };
export type RunAbort = Said & { reason: string };
/** With an owner and a day it is a follow-up: something that is to be done until then. */
export type RunNote = Said & { step?: string; text: string; owner?: string; due?: string };
/** What the owner of a rehearsal says of an expected outcome, by its number from 1 on. */
export type OutcomeWord = Said & { expectation: string; came: string; remark?: string };
export type RunTakeOver = Said & { reason: string };
export type RunDegrade = Said & { reason: string };
/** Asks for a message of the communication plan; whoever approves it is shown its text. */
export type MessageRequest = Said & { sends: string; note?: string };

/** The messages by their names. */
export type FailoverSaid = {
  approve: StepApproval;
  reject: StepRejection;
  complete: StepCompletion;
  choose: StepChoice;
  skip: StepSkip;
  retry: StepRetry;
  abort: RunAbort;
  note: RunNote;
  'take-over': RunTakeOver;
  degrade: RunDegrade;
  outcome: OutcomeWord;
  communicate: MessageRequest;
};
export type FailoverMessageName = keyof FailoverSaid;

/** What an Update is answered. */
export type FailoverAnswer = { outcome: 'followed' | 'refused'; sentence: string };

/** The purpose of an SSH signature over a failover's facts. */
export const failoverNamespace = 'holdfast-failover';

/** What a real run tells a rehearsal that holds what it needs. */
export const yieldSignal = 'yield';
export type YieldTo = { workflowId: string };

/* ---- one run at a time for each protected thing ---- */

/** The workflow `protect/<source>`: held while a run is under way. */
export type ProtectInput = { source: string; holder: string; mode: RunMode };

/** Somebody else wants it; answered by the Signal `held`. */
export const wantedSignal = 'wanted';
export type Wanted = { by: string; mode: RunMode };
export const heldSignal = 'held';
export type Held = ProtectInput;
export const releaseSignal = 'release';
