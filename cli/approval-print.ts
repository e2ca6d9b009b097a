import type { ApprovalRule, CountedApproval, RefusedMessage } from '../workflows/contract-approval.ts';
import type { Output } from './output.ts';

const shownRefusals = 20;

/** What people said to a run, in lines. */
export function printSaid(
  out: Output,
  { approvals, refused }: { approvals: readonly CountedApproval[]; refused: readonly RefusedMessage[] },
): void {
  for (const { by, at, key } of approvals)
    out.line(`  approved   ${by} at ${at}${key === null ? ', by name' : ` with ${key}`}`);
  for (const { what, by, at, sentence } of refused.slice(-shownRefusals))
    out.line(`  refused    ${what} of ${by} at ${at}: ${sentence}`);
}

/** Who must approve, until when, and how. */
export function printAsked(
  out: Output,
  command: string,
  state: {
    workflowId: string;
    rule: Pick<ApprovalRule, 'approvals' | 'signatures'>;
    approvals: readonly CountedApproval[];
    approvers: readonly string[];
    expiresAt: string | null;
  },
): void {
  const { workflowId, rule, approvals, approvers, expiresAt } = state;
  const key = rule.signatures === 'signed' ? ' --sign-with KEYFILE' : '';
  out.line(
    `${rule.approvals} must approve by ${expiresAt} (${approvals.length} did): ${approvers.join(', ')}`,
  );
  out.line(`  holdfast ${command} approve ${workflowId} --as NAME${key}`);
}
