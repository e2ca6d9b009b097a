import type { CopiesCheckResult } from './contract-checks.ts';
import { shortened } from './shortened.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shown = 40;

/** What the check on copies came to, as Markdown for the current details. */
export function copiesMarkdown({
  at,
  result,
  plans,
  facts,
  exceptions,
  evidence,
}: CopiesCheckResult): string {
  const wrong = facts.filter(({ outcome }) => outcome === 'no');
  return [
    `### Copies at ${at}: ${result}`,
    '',
    `${plans.length} plans; ${wrong.length} things are wrong, ${exceptions.length} could not be checked.`,
    ...bullets(
      'Wrong',
      wrong.map(({ subject, check, sentence }) => `${subject}, ${check}: ${sentence}`),
    ),
    ...bullets('Not checked', exceptions),
    '',
    evidence === null
      ? 'The report is not kept.'
      : `Report: \`_evidence/${evidence.path}\` in ${evidence.stored.join(', ') || 'no repository'}.`,
  ]
    .join('\n')
    .slice(0, limit);
}

function bullets(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > shown ? [`- and ${lines.length - shown} more`] : [];
  return ['', `**${title}**`, '', ...lines.slice(0, shown).map((line) => `- ${cell(line)}`), ...more];
}

const cell = (text: string): string => shortened(text.replaceAll(/\s+/g, ' '), 500);
