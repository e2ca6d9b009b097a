/** What is wrong with the form of a message that anybody may have sent. Pure. */

import { faultInLine } from '../approvals.ts';
import type { FailoverMessageName } from '../contract-failover-messages.ts';

/** The fields of each message beside `by` and `signature`; those in brackets may be absent. */
const fields: Record<FailoverMessageName, readonly string[]> = {
  approve: ['step', 'hash'],
  reject: ['step', 'reason'],
  complete: ['step', 'evidence'],
  choose: ['step', 'hash', 'option'],
  skip: ['step', 'reason'],
  retry: ['step'],
  abort: ['reason'],
  note: ['[step]', 'text', '[owner]', '[due]'],
  'take-over': ['reason'],
  degrade: ['reason'],
  outcome: ['expectation', 'came', '[remark]'],
  communicate: ['sends', '[note]'],
};

/** How a message is written, for whoever sends a Signal by hand. */
export const formOf = (name: FailoverMessageName): string =>
  `{${['by', ...fields[name]]
    .filter((field) => !field.startsWith('['))
    .map((field) => `"${field}": "${examples[field] ?? '…'}"`)
    .join(', ')}}`;

const examples: Record<string, string> = {
  by: 'NAME',
  step: 'STEP',
  hash: 'SHA-256 OF THE FACTS',
  reason: 'WHY',
  expectation: 'NUMBER',
  came: 'yes',
  sends: 'MESSAGE',
};

const labels: Record<string, string> = {
  by: 'name',
  evidence: 'piece of evidence',
  option: 'choice',
  expectation: 'number of an expected outcome',
  came: 'yes or no',
  due: 'day',
  sends: 'message',
};

/** What is wrong with a message's form; null when it can be judged. */
export function malformed(name: FailoverMessageName, sent: unknown): string | null {
  const form = formOf(name);
  if (typeof sent !== 'object' || sent === null) return `A message \`${name}\` is written ${form}.`;
  const values = new Map(Object.entries(sent));
  for (const field of ['by', ...fields[name]]) {
    const plain = field.replaceAll(/[[\]]/g, '');
    const value: unknown = values.get(plain);
    if (value === undefined && plain !== field) continue;
    const fault = faultInLine(labels[plain] ?? plain, value);
    if (fault !== null) return `${fault} It is written ${form}.`;
    if (plain === 'hash' && !/^[0-9a-f]{64}$/.test(String(value)))
      return `Say which facts, by their SHA-256: ${form}.`;
  }
  const signature: unknown = values.get('signature');
  if (signature !== undefined && (typeof signature !== 'string' || signature.length > 20_000))
    return `The signature is the text that ssh-keygen wrote: ${form}.`;
  return null;
}
