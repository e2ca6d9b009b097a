import { findAll } from './links.ts';
import { lookUp } from './lookup.ts';
import { nearest } from './nearest.ts';
import { type Fault, faultAt } from './problem.ts';
import { isHardwareKey } from './resolve-people.ts';
import type { Salvage } from './salvage.ts';
import { namePattern } from './schema/common.ts';
import { deletion as deletionSchema } from './schema/people.ts';

/** Where the policy names a role that somebody must hold. */
const places = [
  ['deletion', 'role'],
  ['repositories', '*', 'attach', 'role'],
  ['repositories', '*', 'attach', 'escalate'],
  ['sources', '*', 'switch', 'role'],
  ['notifications', 'channels', '*', 'roles', '*'],
  ['notifications', 'routes', '*', 'roles', '*'],
  ['communication', 'role'],
  ['communication', 'messages', '*', 'role'],
  ['disasters', '*', 'roles', '*'],
  ['disasters', '*', 'tell', '*'],
  ['runbooks', '*', 'commander'],
  ['runbooks', '*', 'steps', '*', 'role'],
  ['runbooks', '*', 'steps', '*', 'escalate'],
  ['runbooks', '*', 'steps', '*', 'roles', '*'],
];

/**
 * Roles that nobody holds, and rules that the people of the policy could never meet. Pure.
 *
 * @param raw The policy as written: roles are read of entries that are otherwise wrong, too.
 * @param publicKeys Every person's public keys, as text.
 */
export function faultyRoles(
  raw: unknown,
  { settings, sections: { people, sources }, declared }: Salvage,
  publicKeys: Record<string, string[]>,
): Fault[] {
  const held = heldRoles(raw);
  // A person whose form is wrong may hold the role or the key that is asked for: that is told first.
  const complete = Object.keys(people).length === declared.people.length;
  return [
    ...places.flatMap((way) => findAll(raw, way)).flatMap(({ path, value }) => unheld(path, value, held)),
    ...approvalRules(settings, sources).flatMap((rule) => [
      ...(complete ? tooFew(raw, rule, people) : []),
      ...keyless(rule, people),
    ]),
    ...(complete ? withoutHardware(settings, people, publicKeys) : []),
  ];
}

function heldRoles(raw: unknown): string[] {
  const roles = findAll(raw, ['people', '*', 'roles', '*']).map(({ value }) => value);
  return roles.flatMap((role) => (typeof role === 'string' && namePattern.test(role) ? [role] : []));
}

function unheld(path: Fault['path'], role: unknown, held: string[]): Fault[] {
  if (typeof role !== 'string' || !namePattern.test(role) || held.includes(role)) return [];
  // Roles are values, not names of entries: without a near one none is repeated, since any may be a secret (law 7).
  const meant = nearest(role, held);
  const hint = meant === null ? 'give it to somebody under `people`' : `did you mean "${meant}"?`;
  return [faultAt(path, 'nobody holds this role', hint)];
}

type Settings = Salvage['settings'];
type People = Salvage['sections']['people'];

function holders(role: string, people: People): string[] {
  return Object.entries(people).flatMap(([name, { roles }]) => (roles.includes(role) ? [name] : []));
}

/** What people must approve, and where the policy says so. */
type ApprovalRule = {
  path: string[];
  /** Whether the policy has a rule of its own, rather than the default. */
  written: boolean;
  /** What they approve, and what could not be done without. */
  approved: string;
  impossible: string;
  approvals: number;
  role: string;
  signatures: 'signed' | 'named';
};

function approvalRules({ deletion }: Settings, sources: Salvage['sections']['sources']): ApprovalRule[] {
  return [
    {
      ...(deletion ?? deletionSchema.parse({})),
      path: ['deletion'],
      written: deletion !== undefined,
      approved: 'deletions are',
      impossible: 'nothing could ever be deleted',
    },
    ...Object.entries(sources).flatMap(([name, { switch: rule }]) =>
      rule === undefined
        ? []
        : [
            {
              ...rule,
              path: ['sources', name, 'switch'],
              written: true,
              approved: 'a switch is',
              impossible: 'nothing could ever be switched',
            },
          ],
    ),
  ];
}

function tooFew(raw: unknown, rule: ApprovalRule, people: People): Fault[] {
  const { path, written, approvals, role, impossible } = rule;
  if (!written) return [];
  const { length } = holders(role, people);
  const told = length === 0 && findAll(raw, [...path, 'role']).length > 0;
  if (told || length >= approvals) return [];
  return [
    faultAt(
      [...path, 'approvals'],
      `${approvals} must approve and ${length} ${length === 1 ? 'holds' : 'hold'} role ${role}: ${impossible}`,
      `give the role ${role} to more people, or ask for fewer approvals`,
    ),
  ];
}

function keyless({ path, role, signatures, approved }: ApprovalRule, people: People): Fault[] {
  if (signatures === 'named') return [];
  return holders(role, people).flatMap((name) =>
    lookUp(people, name)?.sshKeys === undefined
      ? [
          faultAt(
            ['people', name],
            `${approved} approved with a signature, and this ${role} has no sshKeys to sign with`,
            path[0] === 'deletion'
              ? 'name a public key of theirs, or write deletion: { signatures: named }'
              : 'name a public key of theirs, or write `signatures: named` for the switch',
          ),
        ]
      : [],
  );
}

function withoutHardware(
  { secondFactor }: Settings,
  people: People,
  publicKeys: Record<string, string[]>,
): Fault[] {
  if (secondFactor === undefined || Object.values(publicKeys).flat().some(isHardwareKey)) return [];
  const unread = Object.entries(people).some(
    ([name, { sshKeys = [] }]) => sshKeys.length !== (lookUp(publicKeys, name) ?? []).length,
  );
  if (unread) return [];
  return [
    faultAt(
      ['secondFactor'],
      'nobody holds a hardware-backed key, so nobody could start these',
      'make one with `ssh-keygen -t ed25519-sk -f NAME` and name its .pub file among the sshKeys of a person',
    ),
  ];
}
