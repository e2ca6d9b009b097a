/** Messages of the communication plan on their way through a failover. */
import type { Audience, Moment } from '../policy/resolved-communication.ts';
import type { RunMode } from '../policy/resolved-failover.ts';
import type { NotificationRules } from '../policy/resolved-proof.ts';

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
