import type { ResolvedPolicy } from '../policy/resolved.ts';
import { workflowTypes } from '../workflows/contract.ts';
import {
  approvalNamespace,
  type DeletionInput,
  type DeletionProgress,
} from '../workflows/contract-deletion.ts';
import type { SignedRequest } from '../workflows/contract-request.ts';
import { approvalText, deletionWords } from '../workflows/deletion-text.ts';
import type { AskingKind } from './approvals.ts';
import { listLines } from './deletion-print.ts';

/** Deletions, as the commands that all requests for approvals share speak of them. */
export const deletions: AskingKind<DeletionProgress> = {
  name: 'deletion',
  type: workflowTypes.deletion,
  missing: (text) => `There is no request ${text} to delete anything.`,
  preparing: deletionWords.preparing,
  proposal: ({ list }) =>
    list === null ? null : { text: list.text, hash: list.sha256, lines: listLines(list) },
  why: ({ sentences }) => sentences[0],
  textOf: approvalText,
  namespace: approvalNamespace,
};

/** What a request is started with: all that the policy says of it, so that no worker needs the policy. */
export function deletionInput(
  policy: ResolvedPolicy,
  about: Pick<DeletionInput, 'zone' | 'requester' | 'reason' | 'backups'> & {
    request?: SignedRequest | undefined;
  },
): DeletionInput {
  const { request, ...asked } = about;
  return {
    organization: policy.organization,
    policyHash: policy.hash,
    ...asked,
    // The audit log's own repository holds no backups, and is nobody's to delete from.
    repositories: Object.values(policy.repositories).filter(
      ({ name }) => name !== policy.audit?.repository.name,
    ),
    signers: policy.signers,
    people: policy.people,
    rule: policy.deletion,
    alertZone: policy.checks.zone,
    ...(policy.audit === undefined ? {} : { audit: policy.audit }),
    ...(request === undefined ? {} : { request }),
  };
}
