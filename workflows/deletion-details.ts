import { formatBytes, formatDuration } from '../policy/units.ts';
import { howToApprove, howToCancel, notFollowed } from './approval-details.ts';
import type { DeletionItem, DeletionProgress } from './contract-deletion.ts';
import { nameOf } from './deletion-text.ts';
import { approvalsTable, bullets, cell } from './markdown.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
/** Backups in the table; the whole list is what `holdfast deletion show` prints. */
const shownItems = 20;

/** A deletion as Markdown for the current details: what goes and why it may, who must approve and how, who did. */
export function deletionMarkdown(state: DeletionProgress): string {
  return [
    `### Deletion: ${state.phase}`,
    '',
    cell(`Asked for by ${state.requester} at ${state.requestedAt}: ${state.reason}`),
    // First what people have to do: a long list is cut at its end.
    ...whatIsNext(state),
    ...approvalsTable(state.approvals, state.rule.approvals),
    ...whatGoes(state),
    ...whatBecame(state),
    ...bullets('Why', state.sentences),
    ...notFollowed(state.refused),
  ]
    .join('\n')
    .slice(0, limit);
}

function whatGoes({ list }: DeletionProgress): string[] {
  if (list === null) return [];
  const more = list.items.length - shownItems;
  return [
    '',
    '| what goes | copies | size | why it may |',
    '| --- | --- | --- | --- |',
    ...list.items.slice(0, shownItems).map(itemRow),
    ...(more > 0 ? [`| … and ${more} more | | | |`] : []),
    ...list.notReached.flatMap((name) => ['', cell(`Not reached: ${name}. A copy in it stays.`)]),
    '',
    `List \`${list.sha256}\``,
  ];
}

function itemRow({ backup, because, copies }: DeletionItem): string {
  const where = copies.map(({ repository, versions }) => `${repository} (${versions})`).join(', ');
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  return `| \`${nameOf(backup)}\` | ${cell(where)} | ${formatBytes(bytes)} | ${cell(because)} |`;
}

function whatIsNext(state: DeletionProgress): string[] {
  const { phase, workflowId, rule, list, due } = state;
  const cancel = `Anyone of the policy can stop it: ${howToCancel('deletion', workflowId)}`;
  if (phase === 'waiting for approvals' && list !== null)
    return [
      ...howToApprove('deletion', state, list.sha256),
      '',
      `It then waits ${formatDuration(rule.delay)}. ${cancel}`,
    ];
  if (phase === 'waiting out the delay') return ['', `**It happens at ${due}.** ${cancel}`];
  return [];
}

function whatBecame({ copies }: DeletionProgress): string[] {
  if (copies.length === 0) return [];
  return [
    '',
    '| copy | in | what became of it |',
    '| --- | --- | --- |',
    ...copies.map(
      ({ backup, repository, outcome, removed, sentences }) =>
        `| \`${nameOf(backup)}\` | ${repository} | ${cell([`${outcome}, ${removed} versions`, ...sentences].join(': '))} |`,
    ),
  ];
}
