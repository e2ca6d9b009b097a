import { isPart } from './failover/written.ts';
import { findAll } from './links.ts';
import { lookUp } from './lookup.ts';
import { nearest } from './nearest.ts';
import { placeholdersIn } from './placeholders.ts';
import { type Fault, faultAt, isPlainWord } from './problem.ts';
import { messageFacts } from './resolved-communication.ts';
import type { Salvage } from './salvage.ts';
import type { Policy } from './schema.ts';

type Plan = NonNullable<Policy['communication']>;

/**
 * Messages that could not be filled, that nobody could approve, or that a rehearsal would send in earnest. Pure.
 *
 * @param raw The policy as written.
 */
export function faultyCommunication(raw: unknown, { sections, settings }: Salvage): Fault[] {
  const { communication, notifications } = settings;
  if (communication === undefined) return [];
  return [
    ...Object.keys(communication.messages).flatMap((name) => unknownFacts(name, communication)),
    ...unheldRole(raw, communication, sections.people),
    ...rehearsedInEarnest(communication, notifications),
    ...(Object.keys(communication.messages).length === 0
      ? [faultAt(['communication', 'messages'], 'this plan has no message', 'write one, or remove the plan')]
      : []),
  ];
}

function unknownFacts(name: string, { messages }: Plan): Fault[] {
  const message = lookUp(messages, name);
  if (message === undefined) return [];
  const known: readonly string[] = messageFacts;
  return (['subject', 'text'] as const).flatMap((key) =>
    [...new Set(placeholdersIn(message[key]))]
      .filter((fact) => !known.includes(fact))
      .map((fact) => {
        const meant = isPlainWord(fact) ? nearest(fact, known) : null;
        return faultAt(
          ['communication', 'messages', name, key],
          'a run knows no fact of the name in braces',
          meant === null
            ? `known here: ${known.join(', ')}; a second dollar sign before it stands for the text itself`
            : `did you mean "${meant}"?`,
        );
      }),
  );
}

/** A role that is written is checked with all others. */
function unheldRole(raw: unknown, { role, messages }: Plan, people: Policy['people']): Fault[] {
  const written = findAll(raw, ['communication', 'role']).length > 0;
  const needed = Object.values(messages).some((message) => message.role === undefined);
  const held = Object.values(people).some(({ roles }) => roles.includes(role));
  if (written || !needed || held) return [];
  return [
    faultAt(
      ['communication'],
      `nobody holds the role ${role}, and so nobody could approve its messages`,
      'give it to somebody under `people`, or name another one as `role`',
    ),
  ];
}

function rehearsedInEarnest(
  { drill, messages }: Plan,
  notifications: Salvage['settings']['notifications'],
): Fault[] {
  if (drill === undefined) return [];
  const real = Object.entries(messages).find(
    ([, { channel }]) => channel !== undefined && sameReceiver(channel, drill, notifications),
  );
  if (real === undefined) return [];
  return [
    faultAt(
      ['communication', 'drill'],
      `a drill would reach whom the message ${real[0]} is for: it goes through this channel`,
      'name a channel that only you read, or remove the key',
    ),
  ];
}

/** Two names may lead to one place. */
function sameReceiver(one: string, other: string, notifications: Policy['notifications']): boolean {
  if (one === other) return true;
  const [first, second] = [one, other].map((name) => lookUp(notifications?.channels ?? {}, name));
  return first !== undefined && JSON.stringify(first) === JSON.stringify(second);
}

/** Disasters whose runbook is not one that can be run, or that call and tell the same people. Pure. */
export function faultyDisasters({ sections: { disasters, runbooks } }: Pick<Salvage, 'sections'>): Fault[] {
  return Object.entries(disasters).flatMap(([name, { runbook, roles = [], tell = [] }]) => {
    const found = lookUp(runbooks, runbook);
    const part = found !== undefined && isPart(found);
    const twice = [roles, tell].flatMap((list, which) =>
      list.flatMap((role, index) =>
        list.indexOf(role) < index ? [{ key: which === 0 ? 'roles' : 'tell', index }] : [],
      ),
    );
    const both = tell.flatMap((role, index) => (roles.includes(role) ? [{ key: 'tell', index }] : []));
    return [
      ...(part
        ? [
            faultAt(
              ['disasters', name, 'runbook'],
              'this runbook has parameters without a value, and so is only included in others',
              'name the runbook that includes it',
            ),
          ]
        : []),
      ...twice.map(({ key, index }) =>
        faultAt(['disasters', name, key, index], 'this role is named twice', 'name each once'),
      ),
      ...both.map(({ key, index }) =>
        faultAt(
          ['disasters', name, key, index],
          'this role is called already, which tells it',
          'name it under `roles` or under `tell`',
        ),
      ),
    ];
  });
}
