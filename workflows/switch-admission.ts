import { approversOf } from './approvals.ts';
import type { Trail } from './audit.ts';
import type { SwitchInput } from './contract-switch.ts';
import { refusal } from './deletion-admission.ts';
import { faultInLine, nameOf } from './deletion-text.ts';
import { failWith } from './failures.ts';
import { requireSecondFactor } from './second-factor.ts';

/** Refuses what could never be carried out, before anything is restored. */
export async function admitSwitch(input: SwitchInput, trail: Trail): Promise<void> {
  const { person, reason, people, rule, source, backup, zone, secondFactor, request } = input;
  const fault = faultInLine('name', person) ?? faultInLine('reason', reason);
  if (fault !== null) throw failWith({ code: 'bad-usage', sentence: fault });
  if (backup.source !== source.name)
    throw refusal([`${nameOf(backup)} is no backup of ${source.name}, and can't take its place.`]);
  if (!people.some(({ name }) => name === person))
    throw refusal([`The policy knows no ${person} among its people.`]);
  const approvers = approversOf({ people, requester: person, rule });
  if (rule.approvals < 1) throw refusal(['A switch without approvals is not offered.']);
  if (approvers.length < rule.approvals)
    throw refusal([
      `It can't be approved: ${rule.approvals} people must, and the policy has ${approvers.length} with the role ${rule.role}${rule.signatures === 'signed' ? ' and an SSH key' : ''} beside ${person}.`,
    ]);
  if (secondFactor === undefined) return;
  const subject = nameOf(backup);
  await requireSecondFactor(trail, { zone, kind: 'restore', subject, people: secondFactor, request });
}
