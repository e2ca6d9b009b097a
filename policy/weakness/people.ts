import type { DataPath } from '../problem.ts';
import type { DeletionRule, ResolvedPolicy } from '../resolved.ts';
import type { Policy } from '../schema.ts';
import { formatDuration } from '../units.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Who can delete, and how easily; and people who may be one. */
export function peopleWeaknesses({ written, resolved }: Weighed): Weakness[] {
  return [
    ...tooFewApprovers(written, resolved),
    ...(written.deletion === undefined ? [] : easyDeletion(resolved.deletion)),
    ...Object.entries(written.sources).flatMap(([name, { switch: rule }]) =>
      rule?.signatures === 'named'
        ? [unsigned(['sources', name, 'switch', 'signatures'], 'Give each holder of the role')]
        : [],
    ),
    ...sharedAddresses(written.people),
  ];
}

/** Nobody approves what they asked for, so one more is needed than must approve. */
function tooFewApprovers(written: Policy, { people, deletion }: ResolvedPolicy): Weakness[] {
  const { approvals, role } = deletion;
  const holders = people.filter(({ roles }) => roles.includes(role)).length;
  if (holders === 0 || holders > approvals) return [];
  const fact = `${holders} ${holders === 1 ? 'person holds' : 'people hold'} role ${role} and ${approvals} must approve a deletion`;
  return [
    {
      id: 'too-few-approvers',
      severity: 'serious',
      path: written.deletion === undefined ? ['people'] : ['deletion', 'approvals'],
      message:
        holders < approvals
          ? `${fact}: nothing can be deleted.`
          : `${fact}: none of them can ever ask for one, since nobody approves their own request.`,
      hint: `Give the role to ${approvals + 1 - holders} more, or ask for fewer approvals.`,
    },
  ];
}

function easyDeletion({ approvals, delay, signatures }: DeletionRule): Weakness[] {
  const found: Weakness[] = [];
  if (approvals === 1)
    found.push({
      id: 'one-approval',
      severity: 'advice',
      path: ['deletion', 'approvals'],
      message: 'One approval is enough to delete backups: two people, or one with two accounts.',
      hint: 'Ask for 2.',
    });
  if (delay < 3600)
    found.push({
      id: 'short-delay',
      severity: 'advice',
      path: ['deletion', 'delay'],
      message: `An approved deletion begins after ${formatDuration(delay)}: hardly time to notice and to cancel it.`,
      hint: 'Set a `delay` of an hour at least, better 24h.',
    });
  if (signatures === 'named') found.push(unsigned(['deletion', 'signatures'], 'Give each approver'));
  return found;
}

function unsigned(path: DataPath, giveEach: string): Weakness {
  return {
    id: 'unsigned-approvals',
    severity: 'advice',
    path,
    message: 'Approvals are not signed: whoever reaches Temporal can approve in the name of others.',
    hint: `${giveEach} sshKeys, and write \`signatures: signed\`.`,
  };
}

/** One person counts once, and two entries with one address may be one person. */
function sharedAddresses(people: Policy['people']): Weakness[] {
  const owners = new Map<string, string>();
  return Object.entries(people).flatMap(([name, { email }]): Weakness[] => {
    if (email === undefined) return [];
    const other = owners.get(email.toLowerCase());
    if (other === undefined) owners.set(email.toLowerCase(), name);
    if (other === undefined) return [];
    return [
      {
        id: 'shared-email',
        severity: 'advice',
        path: ['people', name, 'email'],
        message: `This address is also that of ${other}: if they are one person, that person could approve twice.`,
        hint: 'Give each person an address of their own.',
      },
    ];
  });
}
