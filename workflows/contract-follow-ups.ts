/**
 * What a drill or a failover left to be done: each with an owner and a day, chased until it is closed. One workflow
 * `follow-ups` keeps them all, as `alerts` keeps the alerts.
 */
import type { AuditTarget, Person } from '../policy/resolved.ts';
import type { RunMode } from '../policy/resolved-failover.ts';
import type { RunEvent } from './contract-failover.ts';

/** The id of the one workflow that keeps them. */
export const followUpsWorkflowId = 'follow-ups';

export type FollowUp = {
  /** Unique; short enough to type. */
  id: string;
  runbook: string;
  /** The run that it was noted in. */
  workflowId: string;
  runId: string;
  mode: RunMode;
  notedAt: string;
  notedBy: string;
  text: string;
  /** One of the policy's people. */
  owner: string;
  /** YYYY-MM-DD, in the policy's time zone: overdue from the end of that day on. */
  due: string;
  /** What became of its day and its owner, oldest first; at most 20. */
  changes: FollowUpChange[];
  /** Null while it is open. */
  closed: { at: string; by: string; evidence: string } | null;
};

export type FollowUpChange = { at: string; by: string; sentence: string };

/** A follow-up as the run shows it in which it was noted. */
export type NotedFollowUp = Pick<FollowUp, 'id' | 'text' | 'owner' | 'due' | 'notedAt' | 'notedBy'>;

/** What the query answers. */
export type FollowUpList = {
  /** First what is due first. */
  open: FollowUp[];
  /** The newest 500, newest first. */
  closed: FollowUp[];
  /** Messages that were heard and not followed; the newest 50, newest last. */
  refused: Pick<RunEvent, 'at' | 'by' | 'sentence'>[];
  /** Why the alerts or the audit log lack something; null when they do not. */
  untold: string | null;
};

export const followUpsQuery = 'followUps';

/** New settings, as `apply` tells them. */
export const followUpSettingsSignal = 'settings';

/** Whose they may be, when a day ends, and where is told and recorded what becomes of them. */
export type FollowUpsSettings = {
  timezone: string;
  people: Pick<Person, 'name' | 'roles'>[];
  /** The zone that keeps the alerts; absent: nobody is told. */
  alertZone?: string;
  audit?: AuditTarget;
};

/** What the Signal `settings` brings. */
export type FollowUpsRules = FollowUpsSettings & {
  /** Where the workflow is to run from now on. */
  zone?: string;
};

export type FollowUpsInput = FollowUpsSettings & {
  /** What a run hands to the next one of the chain. */
  carried?: FollowUpsMemory;
};

/** What the workflow knows; plain data, because it goes from run to run. */
export type FollowUpsMemory = {
  open: FollowUp[];
  closed: FollowUp[];
  refused: FollowUpList['refused'];
  /** For which day the owner of each open one was reminded. */
  reminded: Record<string, string>;
};

/** Names of the messages: each an Update and a Signal. */
export const followUpMessages = { add: 'add', move: 'move', assign: 'assign', close: 'close' } as const;

/** The messages, as they are sent. */
export type FollowUpAddition = {
  by: string;
  /** Chosen by the sender, so that what is sent twice is one. */
  id: string;
  runbook: string;
  workflowId: string;
  runId: string;
  mode: RunMode;
  text: string;
  owner: string;
  due: string;
};
export type FollowUpMove = { by: string; id: string; due: string; reason: string };
export type FollowUpAssignment = { by: string; id: string; owner: string; reason: string };
export type FollowUpClosure = { by: string; id: string; evidence: string };

/** The messages by their names. */
export type FollowUpSaid = {
  add: FollowUpAddition;
  move: FollowUpMove;
  assign: FollowUpAssignment;
  close: FollowUpClosure;
};
export type FollowUpMessageName = keyof FollowUpSaid;

/** What an Update is answered. */
export type FollowUpAnswer = { outcome: 'followed' | 'refused'; sentence: string };

/** Starts the workflow where it does not run, and tells it. */
export type TellFollowUpsInput = {
  /** Where it is started. */
  zone: string;
  settings: FollowUpsSettings;
  addition: FollowUpAddition;
};
