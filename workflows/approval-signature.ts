import { workflowInfo } from '@temporalio/workflow';
import type { Person } from '../policy/resolved.ts';
import type { Approval, ApprovalRule } from './contract-approval.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** What the signature of an approval is judged by: whose it may be, and where it is checked. */
type Signed = { zone: string; rule: Pick<ApprovalRule, 'signatures'>; people: readonly Person[] };

/**
 * The key that signed an approval of the running workflow, null where names are trusted, or why it does not count.
 *
 * @param textOf what is signed, as the approver was given it
 * @param purpose set where it is no deletion: no signature counts for another purpose
 */
export async function checkedSignature(
  { zone, rule, people }: Signed,
  { by, hash, signature }: Approval,
  textOf: (signed: { workflowId: string; by: string; hash: string }) => string,
  purpose?: 'switch',
): Promise<{ key: string | null } | { refusal: string }> {
  if (rule.signatures === 'named') return { key: null };
  const person = people.find(({ name }) => name === by);
  if (person === undefined || signature === undefined)
    return { refusal: `The approval of ${by} is not signed.` };
  const { workflowId } = workflowInfo();
  try {
    return await activitiesIn(zone, { within: 300, attempts: 5, patience: patient }).checkApproval({
      text: textOf({ workflowId, by, hash }),
      signature,
      person,
      ...(purpose === undefined ? {} : { purpose }),
    });
  } catch (error) {
    return { refusal: `The signature could not be checked, so send it again: ${reasonOf(error).sentence}` };
  }
}
