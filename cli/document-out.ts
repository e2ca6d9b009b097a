import { writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import { HoldfastError } from '../policy/errors.ts';
import type { Context } from './context.ts';

/** How a document is given out. */
export type DocumentOptions = { format: 'markdown' | 'html'; html?: string };

/** Each command that prints a document takes these. */
export const documentOptions = (): [Option, Option] => [
  new Option('--format <format>', 'how it is printed').choices(['markdown', 'html']).default('markdown'),
  new Option('--html <file>', 'write it there as one page that needs nothing beside it'),
];

/** A document for people, and its facts for programs. */
export type Printed = { markdown: string; facts: object; footer?: readonly string[] };

/**
 * Prints a document, or writes it as a page.
 *
 * @throws HoldfastError `access-denied` when the page can't be written
 */
export async function giveOut(
  { out, remark }: Context,
  { format, html }: DocumentOptions,
  { markdown, facts, footer }: Printed,
): Promise<void> {
  const asPage = async () => (await import('../reports/html.ts')).htmlPage(markdown, footer);
  const page = html !== undefined || format === 'html' ? await asPage() : markdown;
  if (html !== undefined) await writePage(html, page);
  out.result(facts, () => {
    if (html === undefined) out.line(page.trimEnd());
  });
  if (html !== undefined) remark(`Written to ${html}.`);
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    throw new HoldfastError('access-denied', `${file} could not be written.`, {
      hint: 'Name a file in a directory that is there and that you may write to.',
      cause,
    });
  }
}
