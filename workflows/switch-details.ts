import { formatBytes, formatDuration } from '../policy/units.ts';
import type { SwitchProgress } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';
import { approvalsTable, bullets, cell } from './markdown.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shownRefusals = 10;

/** A switch as Markdown for the current details: what to do, who approved, what replaces what. */
export function switchMarkdown(state: SwitchProgress): string {
  return [
    `### Switch of ${cell(state.source)}: ${state.phase}`,
    '',
    cell(`Asked for by ${state.requester} at ${state.requestedAt}: ${state.reason}`),
    ...whatIsNext(state),
    ...approvalsTable(state.approvals, state.rule.approvals),
    ...whatIsSwitched(state),
    ...bullets('What happened', state.notes),
    ...bullets(
      'Not followed',
      state.refused
        .slice(-shownRefusals)
        .map(({ at, by, what, sentence }) => `${at} ${what} of ${by}: ${sentence}`),
    ),
  ]
    .join('\n')
    .slice(0, limit);
}

function whatIsNext({ phase, workflowId, rule, approvers, hash, expiresAt }: SwitchProgress): string[] {
  if (phase !== 'waiting for approvals' || hash === null) return [];
  const signed = rule.signatures === 'signed';
  const paste = signed
    ? `the Signal \`approve\` with what \`holdfast switch sign ${workflowId} --as NAME --sign-with KEYFILE\` prints`
    : `the Signal \`approve\` with \`{"by": "NAME", "hash": "${hash}"}\``;
  return [
    '',
    `**${rule.approvals} of these must approve**, by ${expiresAt}: ${cell(approvers.join(', '))}`,
    '',
    `- \`holdfast switch approve ${workflowId} --as NAME${signed ? ' --sign-with KEYFILE' : ''}\``,
    `- or ${paste}`,
    '',
    `Anyone of the policy can stop it before: \`holdfast switch cancel ${workflowId} --as NAME --reason "…"\`, or the Signal \`cancel\` with \`{"by": "NAME", "reason": "…"}\`.`,
  ];
}

function whatIsSwitched({ facts, hash }: SwitchProgress): string[] {
  if (facts === null) return [];
  const { order, backup, repository, dataTime, lossSeconds, liveBytes, tables, rows } = facts;
  return [
    '',
    '| | |',
    '| --- | --- |',
    `| live database | ${cell(order.live)}, ${formatBytes(liveBytes)} |`,
    `| replaced by | \`${nameOf(backup)}\` from ${cell(repository)}: ${rows ?? 'unknown'} rows in ${tables ?? 'unknown'} tables |`,
    `| data of | ${dataTime}: what was written since is lost, ${formatDuration(lossSeconds)} when this was computed |`,
    `| old one kept as | ${cell(order.keptAs)} |`,
    ...bullets('To know', facts.notes),
    '',
    `Facts \`${hash}\``,
  ];
}
