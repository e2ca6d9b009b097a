/** What is wrong with the form of a message about a follow-up that anybody may have sent. Pure. */
import { runModes } from '../policy/resolved-failover.ts';
import { faultInLine } from './approvals.ts';
import type { FollowUpMessageName } from './contract-follow-ups.ts';
import { dateIn } from './follow-ups-times.ts';

/** The fields of each message beside `by` and `id`. */
const fields: Record<FollowUpMessageName, readonly string[]> = {
  add: ['runbook', 'workflowId', 'runId', 'mode', 'text', 'owner', 'due'],
  move: ['due', 'reason'],
  assign: ['owner', 'reason'],
  close: ['evidence'],
};

const idForm = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** How a message is written, for whoever sends a Signal by hand. */
export const formOf = (name: FollowUpMessageName): string =>
  `{${['by', 'id', ...fields[name]].map((field) => `"${field}": "${examples[field] ?? '…'}"`).join(', ')}}`;

const examples: Record<string, string> = { by: 'NAME', id: 'ID', owner: 'NAME', due: 'YYYY-MM-DD' };

/** What is wrong with a message's form; null when it can be judged. */
export function malformed(name: FollowUpMessageName, sent: unknown): string | null {
  const form = formOf(name);
  if (typeof sent !== 'object' || sent === null) return `A message \`${name}\` is written ${form}.`;
  const values = new Map<string, unknown>(Object.entries(sent));
  for (const field of ['by', 'id', ...fields[name]]) {
    const fault = faultInLine(field === 'by' ? 'name' : field, values.get(field));
    if (fault !== null) return `${fault} It is written ${form}.`;
  }
  if (!idForm.test(String(values.get('id'))))
    return `An id has small letters, digits and dashes, at most 32: ${form}.`;
  if (name === 'add' && !runModes.some((mode) => mode === values.get('mode')))
    return `The mode is one of ${runModes.join(', ')}: ${form}.`;
  return null;
}

/** Whether new settings can be followed: a Signal of their name may bring anything, and a zone that there is not throws. */
export function areRules(sent: unknown): boolean {
  if (typeof sent !== 'object' || sent === null || !('timezone' in sent) || !('people' in sent)) return false;
  const { timezone, people } = sent;
  if (typeof timezone !== 'string' || !isZone(timezone) || !Array.isArray(people)) return false;
  return people.every((each: unknown) => {
    if (typeof each !== 'object' || each === null || !('name' in each) || !('roles' in each)) return false;
    return typeof each.name === 'string' && Array.isArray(each.roles);
  });
}

function isZone(timezone: string): boolean {
  try {
    dateIn(timezone, 0);
    return true;
  } catch {
    return false;
  }
}
