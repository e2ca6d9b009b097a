import type { StepProgress } from '../workflows/contract-failover.ts';
import { plainText, table } from './markdown.ts';

/** What was sent to whom, when, and by whose approval, with each text; nothing where a run has no messages. */
export function messagesOf(all: readonly StepProgress[]): string[] {
  const told = all.filter((step) => step.do === 'communicate');
  if (told.length === 0) return [];
  return [
    '## Messages',
    '',
    ...table(
      ['step', 'to', 'how', 'sent', 'due', 'asked for by', 'approved by', 'text'],
      told.map((step) => [
        step.id,
        step.message?.audience ?? '',
        howOf(step),
        step.message?.sentAt ?? `not sent: ${step.state}`,
        step.dueAt ?? '',
        step.asked?.by ?? 'the runbook',
        step.approvals.map(({ by, key }) => (key === null ? by : `${by} (${key})`)).join(', '),
        (step.message?.sha256 ?? '').slice(0, 12),
      ]),
      'None.',
    ),
    ...told.flatMap(({ id, message }) =>
      message === undefined
        ? []
        : [
            `### ${plainText(id)}`,
            '',
            ...[message.subject, '', ...message.text.split('\n')].map((line) => `    ${line}`),
            '',
          ],
    ),
  ];
}

function howOf({ message }: StepProgress): string {
  switch (message?.way) {
    case 'channel':
      return `${message.channel}: ${message.to.join(', ')}`;
    case 'by-hand':
      return 'by hand';
    case 'nowhere':
      return 'nowhere: a drill without a channel';
    default:
      return '';
  }
}
