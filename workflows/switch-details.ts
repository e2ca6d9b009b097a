import { formatBytes, formatDuration } from '../policy/units.ts';
import { howToApprove, howToCancel, notFollowed } from './approval-details.ts';
import type { SwitchProgress } from './contract-switch.ts';
import { nameOf } from './deletion-text.ts';
import { approvalsTable, bullets, cell } from './markdown.ts';
import { rowsIn } from './switch-text.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;

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
    ...notFollowed(state.refused),
  ]
    .join('\n')
    .slice(0, limit);
}

function whatIsNext(state: SwitchProgress): string[] {
  const { phase, workflowId, hash } = state;
  if (phase !== 'waiting for approvals' || hash === null) return [];
  return [
    ...howToApprove('switch', state, hash),
    '',
    `Anyone of the policy can stop it before: ${howToCancel('switch', workflowId)}`,
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
    `| replaced by | \`${nameOf(backup)}\` from ${cell(repository)}: ${rowsIn(rows, tables)} |`,
    `| data of | ${dataTime}: what was written since is lost, ${formatDuration(lossSeconds)} when this was computed |`,
    `| old one kept as | ${cell(order.keptAs)} |`,
    ...bullets('To know', facts.notes),
    '',
    `Facts \`${hash}\``,
  ];
}
