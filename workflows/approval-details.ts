import type { ApprovalRule, RefusedMessage } from './contract-approval.ts';
import { bullets, cell } from './markdown.ts';

const shownRefusals = 10;

/** What a run shows of itself while it waits for approvals. */
type Waiting = {
  workflowId: string;
  rule: Pick<ApprovalRule, 'approvals' | 'signatures'>;
  approvers: readonly string[];
  expiresAt: string | null;
};

/** Who must approve and how, as Markdown: by the command line, or by a Signal from the Web UI. */
export function howToApprove(
  command: string,
  { workflowId, rule, approvers, expiresAt }: Waiting,
  hash: string,
): string[] {
  const signed = rule.signatures === 'signed';
  const key = signed ? ' --sign-with KEYFILE' : '';
  const pasted = signed
    ? `what \`holdfast ${command} sign ${workflowId} --as NAME${key}\` prints`
    : `\`{"by": "NAME", "hash": "${hash}"}\``;
  return [
    '',
    `**${rule.approvals} of these must approve**, by ${expiresAt}: ${cell(approvers.join(', '))}`,
    '',
    `- \`holdfast ${command} approve ${workflowId} --as NAME${key}\``,
    `- or the Signal \`approve\` with ${pasted}`,
  ];
}

/** How it is stopped, the same ways. */
export const howToCancel = (command: string, workflowId: string): string =>
  `\`holdfast ${command} cancel ${workflowId} --as NAME --reason "…"\`, or the Signal \`cancel\` with \`{"by": "NAME", "reason": "…"}\`.`;

/** The last messages that were heard and not followed. */
export const notFollowed = (refused: readonly RefusedMessage[]): string[] =>
  bullets(
    'Not followed',
    refused.slice(-shownRefusals).map(({ at, by, what, sentence }) => `${at} ${what} of ${by}: ${sentence}`),
  );
