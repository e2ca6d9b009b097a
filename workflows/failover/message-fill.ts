/** Messages of the communication plan, filled from what is true of a run. Pure. */
import { withValues } from '../../policy/placeholders.ts';
import { type MessageFact, messageFacts, type ResolvedMessage } from '../../policy/resolved-communication.ts';
import type { ResolvedRunbook, RunMode } from '../../policy/resolved-failover.ts';
import type { Channel, NotificationRules } from '../../policy/resolved-proof.ts';
import { formatDuration } from '../../policy/units.ts';
import type { FailoverInput, FailoverProgress } from '../contract-failover.ts';
import type { Fact } from '../contract-failover-steps.ts';
import type { FilledMessage } from '../contract-failover-telling.ts';
import { isOver } from './state.ts';

/** The text that a message's SHA-256 is of. */
export const sealedText = ({ subject, text }: Pick<FilledMessage, 'subject' | 'text'>): string =>
  `${subject}\n\n${text}\n`;

/** A message as it would be sent now; in a rehearsal it says so, and goes where rehearsals send. */
export function fillMessage(
  message: ResolvedMessage,
  { input, shown }: { input: FailoverInput; shown: FailoverProgress },
  at: string,
  note: string | null,
): Omit<FilledMessage, 'sha256'> {
  const facts = factsOf(input, shown, at, note);
  const known = (name: string) => facts[messageFacts.find((each) => each === name) ?? 'note'];
  const { prefix, warning } = rehearsal[input.mode];
  const { name, audience, moment } = message;
  return {
    name,
    audience,
    moment,
    subject: `${prefix}${withValues(message.subject, known)}`,
    text: `${warning}${withValues(message.text, known)}`,
    ...wayOf(message, input.runbook, input.mode),
  };
}

const rehearsal: Record<RunMode, { prefix: string; warning: string }> = {
  real: { prefix: '', warning: '' },
  drill: { prefix: 'DRILL: ', warning: 'This is a drill: nothing has happened.\n\n' },
  tabletop: { prefix: 'TABLETOP: ', warning: 'This is a tabletop: nothing has happened.\n\n' },
};

/** How a message goes out in a mode, and to whom. */
function wayOf(
  { channel }: ResolvedMessage,
  { communication }: Pick<ResolvedRunbook, 'communication'>,
  mode: RunMode,
): Pick<FilledMessage, 'way' | 'channel' | 'to'> {
  const name = mode === 'drill' ? (communication?.drill ?? null) : channel;
  const found = communication?.rules.channels.find((each) => each.name === name);
  if (found !== undefined) return { way: 'channel', channel: found.name, to: receiversOf(found) };
  return { way: mode === 'drill' ? 'nowhere' : 'by-hand', channel: null, to: [] };
}

const receiversOf = (channel: Channel): string[] => (channel.kind === 'email' ? channel.to : [channel.kind]);

/** What the channel of a message needs; undefined where none sends it. */
export function rulesFor(
  { communication }: Pick<ResolvedRunbook, 'communication'>,
  message: ResolvedMessage,
  mode: RunMode,
): Pick<NotificationRules, 'mail' | 'channels'> | undefined {
  const { channel } = wayOf(message, { ...(communication === undefined ? {} : { communication }) }, mode);
  const channels = communication?.rules.channels.filter(({ name }) => name === channel) ?? [];
  const mail = communication?.rules.mail;
  if (channels.length === 0) return undefined;
  return { channels, ...(mail === undefined || channels[0]?.kind !== 'email' ? {} : { mail }) };
}

/** What approvers are shown, and what their approval is bound to: the whole text, and its SHA-256. */
export function factsOfMessage(message: FilledMessage): Fact[] {
  const { audience, moment, subject, text, sha256 } = message;
  return [
    { name: 'message', value: `${message.name}, to ${audience} (${moment})` },
    { name: 'goes', value: wordsOf(message) },
    { name: 'subject', value: subject },
    ...text.split('\n').map((line, index) => ({ name: `text ${index + 1}`, value: line })),
    { name: 'SHA-256 of subject and text', value: sha256 },
  ];
}

/** How a message goes out, in words. */
export function wordsOf({ way, channel, to }: Pick<FilledMessage, 'way' | 'channel' | 'to'>): string {
  switch (way) {
    case 'channel':
      return `through ${channel} to ${to.join(', ')}`;
    case 'by-hand':
      return 'by hand: a person copies it';
    case 'nowhere':
      return 'nowhere: this drill has no channel';
  }
}

function factsOf(
  { organization, runbook, disaster }: FailoverInput,
  shown: FailoverProgress,
  at: string,
  note: string | null,
): Record<MessageFact, string> {
  const { say, protects, name, lost } = runbook;
  const steps = shown.steps.filter((step) => step.do !== 'communicate');
  const time = (seconds: number | null, none: string) => (seconds === null ? none : formatDuration(seconds));
  const situation = [disaster?.say, say].find((words) => words !== undefined && words !== '');
  return {
    organization,
    service: protects.length === 0 ? name : protects.join(', '),
    runbook: name,
    disaster: disaster?.name ?? name,
    class: shown.class,
    situation: situation ?? shown.reason,
    reason: shown.reason,
    declared: minuteOf(shown.declaredAt),
    now: minuteOf(at),
    elapsed: formatDuration(Math.max(0, Math.round((Date.parse(at) - Date.parse(shown.declaredAt)) / 1000))),
    lost: lost.length === 0 ? 'nothing' : lost.join(', '),
    lead: shown.commander ?? 'nobody yet',
    status: `${steps.filter(isOver).length} of ${steps.length} steps are over`,
    rto: time(shown.rto.measured, 'not measured yet'),
    'rto-target': time(shown.rto.target, 'not set'),
    rpo: time(shown.rpo.measured, 'not measured yet'),
    'rpo-target': time(shown.rpo.target, 'not set'),
    note: note ?? '',
  };
}

const minuteOf = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;
