import type { FollowUp, FollowUpList } from './contract-follow-ups.ts';
import { cell } from './markdown.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shown = 60;

/** What is to be done, as Markdown for the current details. */
export function followUpsMarkdown({ open, closed, refused, untold }: FollowUpList): string {
  return [
    `### ${open.length} open, ${closed.length} closed`,
    ...(untold === null ? [] : ['', cell(untold)]),
    '',
    ...(open.length === 0
      ? ['Nothing is to be done.']
      : ['| id | due | owner | of | |', '| --- | --- | --- | --- | --- |', ...open.slice(0, shown).map(row)]),
    ...(open.length > shown ? ['', `And ${open.length - shown} more.`] : []),
    ...(refused.length === 0
      ? []
      : [
          '',
          '**Not followed**',
          '',
          ...refused.slice(-10).map(({ by, sentence }) => `- ${cell(`${by ?? ''} ${sentence}`)}`),
        ]),
  ]
    .join('\n')
    .slice(0, limit);
}

const row = ({ id, due, owner, workflowId, text }: FollowUp): string =>
  `| ${[id, due, owner, workflowId, text].map(cell).join(' | ')} |`;
