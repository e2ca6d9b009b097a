import { approversOf } from './approvals.ts';
import type { Trail } from './audit.ts';
import type { DeletionInput } from './contract-deletion.ts';
import { faultInLine, nameOf } from './deletion-text.ts';
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
  if (!people.some(({ name }) => name === requester))
    throw refusal([`The policy knows no ${requester} among its people.`]);
  const approvers = approversOf(input);
  if (rule.approvals < 1) throw refusal(['A deletion without approvals is not offered.']);
  if (approvers.length < rule.approvals)
    throw refusal([
      `It can't be approved: ${rule.approvals} people must, and the policy has ${approvers.length} with the role ${rule.role}${rule.signatures === 'signed' ? ' and an SSH key' : ''} beside ${requester}.`,
    ]);
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
