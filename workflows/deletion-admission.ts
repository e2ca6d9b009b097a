import { faultInLine, whyNeverApproved } from './approvals.ts';
import type { Trail } from './audit.ts';
import type { DeletionInput } from './contract-deletion.ts';
import { nameOf } from './deletion-text.ts';
import { failWith } from './failures.ts';
import { requireSecondFactor } from './second-factor.ts';

/** A request names no more backups than people can judge. */
const mostBackups = 100;

/** The end of a request that the rules do not allow. */
export const refusal = (sentences: readonly string[]) =>
  failWith({ code: 'refused', sentence: sentences.join(' ') });

/** Refuses what could never be carried out, before anybody is asked. */
export async function admit(input: DeletionInput, trail: Trail): Promise<void> {
  const { requester, reason, backups, people, rule, zone, request } = input;
  const fault =
    faultInLine('name', requester) ?? faultInLine('reason', reason) ?? faultInBackups(backups.map(nameOf));
  if (fault !== null) throw failWith({ code: 'bad-usage', sentence: fault });
  const never = whyNeverApproved('a deletion', input);
  if (never !== null) throw refusal([never]);
  if (!rule.secondFactor) return;
  const subject = backups.map(nameOf).join(' ');
  await requireSecondFactor(trail, {
    zone,
    kind: 'deletion',
    subject,
    people: people.filter(({ name }) => name === requester),
    request,
  });
}

function faultInBackups(names: readonly string[]): string | null {
  if (names.length === 0) return 'Name the backups that are to go.';
  if (names.length > mostBackups) return `Name no more than ${mostBackups} backups in one request.`;
  const twice = names.find((name, index) => names.indexOf(name) < index);
  return twice === undefined ? null : `${twice} is named twice.`;
}
