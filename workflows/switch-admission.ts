import { faultInLine, whyNeverApproved } from './approvals.ts';
import type { Trail } from './audit.ts';
import type { SwitchInput } from './contract-switch.ts';
import { refusal } from './deletion-admission.ts';
import { nameOf } from './deletion-text.ts';
import { failWith } from './failures.ts';
import { requireSecondFactor } from './second-factor.ts';

/** Refuses what could never be carried out, before anything is restored. */
export async function admitSwitch(input: SwitchInput, trail: Trail): Promise<void> {
  const { person, reason, people, rule, source, backup, zone, secondFactor, request } = input;
  const fault = faultInLine('name', person) ?? faultInLine('reason', reason);
  if (fault !== null) throw failWith({ code: 'bad-usage', sentence: fault });
  if (backup.source !== source.name)
    throw refusal([`${nameOf(backup)} is no backup of ${source.name}, and can't take its place.`]);
  const never = whyNeverApproved('a switch', { people, requester: person, rule });
  if (never !== null) throw refusal([never]);
  if (secondFactor === undefined) return;
  const subject = nameOf(backup);
  await requireSecondFactor(trail, { zone, kind: 'restore', subject, people: secondFactor, request });
}
