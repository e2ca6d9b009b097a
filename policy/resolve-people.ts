import type { PublicKeys } from './key-files.ts';
import { lookUp } from './lookup.ts';
import type { DeletionRule, Person } from './resolved.ts';
import { deletion as deletionSchema } from './schema/people.ts';
import type { Policy } from './schema.ts';

/** The people of a policy, with their public keys as text. */
export function resolvePeople(people: Policy['people'], publicKeys: PublicKeys): Person[] {
  return Object.entries(people).map(([name, { roles, email }]) => ({
    name,
    roles,
    ...(email === undefined ? {} : { email }),
    sshKeys: lookUp(publicKeys.people, name) ?? [],
  }));
}

/** What a deletion needs; every setting has a default, so that no policy is without a rule. */
export function resolveDeletion({ deletion, secondFactor }: Policy): DeletionRule {
  return {
    ...(deletion ?? deletionSchema.parse({})),
    secondFactor: secondFactor?.includes('deletion') ?? false,
  };
}

/** Those who hold a hardware-backed key. */
export function withHardwareKey(people: Person[]): Person[] {
  return people.filter(({ sshKeys }) => sshKeys.some(isHardwareKey));
}

/** Whether an OpenSSH public key lives in hardware that wants a touch: `sk-ssh-ed25519@openssh.com` and its kind. */
export function isHardwareKey(publicKey: string): boolean {
  return publicKey.startsWith('sk-');
}
