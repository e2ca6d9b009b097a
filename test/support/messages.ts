import type { Person } from '../../policy/resolved.ts';
import type { ResolvedCommunication, ResolvedMessage } from '../../policy/resolved-communication.ts';
import type { ResolvedStep, StepCommon } from '../../policy/resolved-failover.ts';
import { people, step } from './runbooks.ts';

/** Those of a run, and two who lead communication. */
export const speakers: Person[] = [
  ...people,
  { name: 'comms-1', roles: ['communications-lead'], sshKeys: [] },
  { name: 'comms-2', roles: ['communications-lead'], sshKeys: [] },
];

/** A message with everything that a test does not care about. */
export const message = (name: string, changes: Partial<ResolvedMessage> = {}): ResolvedMessage => ({
  name,
  audience: 'customers',
  moment: 'update',
  subject: `About \${service}`,
  text: `\${situation}.\n\nSince \${declared}.`,
  channel: 'status',
  role: 'communications-lead',
  ...changes,
});

/** A step that sends a message. */
export const telling = (id: string, of: ResolvedMessage, changes: Partial<StepCommon> = {}): ResolvedStep =>
  step(id, { do: 'communicate', message: of }, { role: of.role, approve: true, ...changes });

export const plan = (
  messages: ResolvedMessage[],
  rules: ResolvedCommunication['rules'] = { channels: [] },
  drill?: string,
): ResolvedCommunication => ({ messages, rules, ...(drill === undefined ? {} : { drill }) });
