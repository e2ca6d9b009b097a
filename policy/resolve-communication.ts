import { stepsOf } from './failover/written.ts';
import { lookUp } from './lookup.ts';
import type { Disaster, ResolvedCommunication, ResolvedMessage } from './resolved-communication.ts';
import type { NotificationRules } from './resolved-proof.ts';
import type { Policy } from './schema.ts';

/** The plan with its messages and the channels that they go through; undefined where the policy has none. */
export function resolveCommunication(
  { communication }: Pick<Policy, 'communication'>,
  { mail, channels }: NotificationRules,
): ResolvedCommunication | undefined {
  if (communication === undefined) return undefined;
  const { drill } = communication;
  const messages = Object.keys(communication.messages).flatMap(
    (name) => resolveMessage(communication, name) ?? [],
  );
  const used = channels.filter(
    ({ name }) => name === drill || messages.some(({ channel }) => channel === name),
  );
  const mails = used.some(({ kind }) => kind === 'email');
  return {
    messages,
    rules: { ...(mail === undefined || !mails ? {} : { mail }), channels: used },
    ...(drill === undefined ? {} : { drill }),
  };
}

/** A message of the plan; undefined when there is none of that name. */
export function resolveMessage(
  communication: NonNullable<Policy['communication']>,
  name: string,
): ResolvedMessage | undefined {
  const message = lookUp(communication.messages, name);
  if (message === undefined) return undefined;
  const { audience, when, subject, text, channel, role, within } = message;
  return {
    name,
    audience,
    moment: when,
    subject,
    text: text.replace(/\s+$/, ''),
    channel: channel ?? null,
    role: role ?? communication.role,
    ...(within === undefined ? {} : { within }),
  };
}

/** The disasters, with what they do not say themselves. Takes a policy whose references were checked. */
export function resolveDisasters({ disasters, runbooks }: Policy): Record<string, Disaster> {
  return Object.fromEntries(
    Object.entries(disasters).flatMap(([name, { say, runbook, class: written, severity, roles, tell }]) => {
      const found = lookUp(runbooks, runbook);
      if (found === undefined) return [];
      const grave = written ?? found.class;
      const called = roles ?? [
        ...new Set([
          found.commander,
          ...stepsOf(found).flatMap(({ do: action, role }) =>
            role === undefined || action === 'communicate' ? [] : [role],
          ),
        ]),
      ];
      const disaster: Disaster = {
        name,
        class: grave,
        say: say ?? found.say ?? '',
        runbook,
        severity: severity ?? (grave === 'minor' ? 'warning' : 'critical'),
        roles: called,
        tell: tell ?? [],
      };
      return [[name, disaster]];
    }),
  );
}
