import { createHash } from 'node:crypto';
import { checkPersonSignature } from '../repository/person-signature.ts';
import { approvalNamespace } from '../workflows/contract-deletion.ts';
import { failoverNamespace } from '../workflows/contract-failover-messages.ts';
import { switchNamespace } from '../workflows/contract-switch.ts';
import type { ApprovalCheck, CheckApprovalInput } from './deletion-types.ts';
import type { Work } from './work.ts';

/** The SHA-256 of a text, in hex: workflow code has no hash function. */
export async function sealText(_: Work, { text }: { text: string }): Promise<string> {
  return createHash('sha256').update(text).digest('hex');
}

/** Whether one of the person's keys signed the approval; one that did not is an answer, and no failure. */
export async function checkApproval(
  work: Work,
  { text, signature, person, purpose }: CheckApprovalInput,
): Promise<ApprovalCheck> {
  const namespace = purpose === undefined ? approvalNamespace : namespaces[purpose];
  const check = await checkPersonSignature(text, signature, person, namespace, work);
  return check.holds ? { key: check.fingerprint } : { refusal: check.sentence };
}

const namespaces = { switch: switchNamespace, failover: failoverNamespace } as const;
