/**
 * What a policy says of telling people about a disaster, resolved: whom a disaster calls, and the messages that are written
 * beforehand. As in `resolved.ts`: plain data, times in seconds, no secrets but where to find them.
 */
import type { DisasterClass } from './resolved-failover.ts';
import type { NotificationRules, Severity } from './resolved-proof.ts';

/** A disaster that was thought of beforehand: what is run, who is called, who is told. */
export type Disaster = {
  name: string;
  class: DisasterClass;
  say: string;
  runbook: string;
  severity: Severity;
  /** Roles that are called to work on it. */
  roles: string[];
  /** Roles that are told of it. */
  tell: string[];
};

export const audiences = ['internal', 'customers', 'vendors', 'regulator'] as const;
export type Audience = (typeof audiences)[number];

/** When a message is meant to be sent: as the disaster is declared, on the way, at the end. */
export const moments = ['declare', 'update', 'close'] as const;
export type Moment = (typeof moments)[number];

/** What a message may say of a run: the names of its placeholders. */
export const messageFacts = [
  'organization',
  'service',
  'runbook',
  'disaster',
  'class',
  'situation',
  'reason',
  'declared',
  'now',
  'elapsed',
  'lost',
  'lead',
  'status',
  'rto',
  'rto-target',
  'rpo',
  'rpo-target',
  'note',
] as const;
export type MessageFact = (typeof messageFacts)[number];

/** The fact that a person gives who asks for the message. */
export const noteFact: MessageFact = 'note';

/** A message written beforehand, with placeholders. */
export type ResolvedMessage = {
  name: string;
  audience: Audience;
  moment: Moment;
  subject: string;
  text: string;
  /** The channel that it goes through; null: people copy it. */
  channel: string | null;
  /** Who approves it. */
  role: string;
  /** Seconds from the declaration in which it must be out. */
  within?: number;
};

export type ResolvedCommunication = {
  messages: ResolvedMessage[];
  /** The channels that messages go through, and the one of rehearsals. */
  rules: Pick<NotificationRules, 'mail' | 'channels'>;
  /** Where rehearsals send to; absent: they send nothing. */
  drill?: string;
};
