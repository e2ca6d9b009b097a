import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { type Review, reviewMarkdown } from '../../reports/review.ts';
import { findingsOf } from '../../reports/review-findings.ts';
import type { Act } from '../act.ts';
import { type DocumentOptions, documentOptions } from '../document-out.ts';
import { actionsOf } from '../documents/actions.ts';
import { reviewedRunOf } from '../documents/reviewed-run.ts';
import { type ReportsAsked, readsReports } from '../found-reports.ts';
import { type KeepOptions, keepOption, keptOrGiven } from '../kept-document.ts';
import { asOption } from '../recorded.ts';
import { reportNamed } from '../shown-report.ts';
import { examples } from './examples.ts';

type Options = ReportsAsked & DocumentOptions & KeepOptions & { rootCause?: string };

export function addReportReview(report: Command, act: Act): void {
  const [format, html] = documentOptions();
  readsReports(report.command('review'))
    .description('the review of a failover or a rehearsal: how it went, root cause, actions, timeline')
    .argument(
      '<run>',
      'a runbook or drill/RUNBOOK for its newest report, or a report as `evidence list` names it',
    )
    .option('--root-cause <text>', 'what it came from, in your words; or the name of a file that says it')
    .addOption(format)
    .addOption(html)
    .option(...keepOption)
    .option(...asOption)
    .addHelpText(
      'after',
      examples(
        'holdfast report review failover/shop-failover --root-cause cause.txt --html review.html',
        'holdfast report review drill/shop-failover --store --as commander-1',
      ),
    )
    .action(
      act<Options>(async (context, options, [name = '']) => {
        const cause = await rootCauseOf(options.rootCause);
        const { policy } = await context.loadPolicy();
        const { found, json } = await reportNamed(context, name, options, ['failover', 'drill']);
        const run = reviewedRunOf(JSON.parse(json));
        if (run === null) throw notReviewable(found.path);
        const at = new Date().toISOString();
        const review: Review = {
          result: run.result,
          organization: policy.organization,
          ...{ at, person: options.as ?? null },
          of: { path: found.path, sha256: found.sha256, signedBy: found.signedBy },
          run,
          findings: findingsOf(run),
          rootCause: cause,
          ...(await actionsOf(context, run)),
        };
        return keptOrGiven(context, options, {
          kind: 'review',
          subject: run.runbook,
          document: review,
          markdown: reviewMarkdown(review),
          ...{ at, exceptions: review.exceptions },
        });
      }),
    );
}

/** What somebody says, or the text of a file of that name. */
async function rootCauseOf(text: string | undefined): Promise<string | null> {
  if (text === undefined) return null;
  const told = await readFile(text, 'utf8').catch((cause: unknown) => {
    if (/\s/.test(text.trim()) || !/[./]/.test(text)) return text;
    throw new HoldfastError('bad-usage', `The file ${text} with the root cause can't be read.`, {
      hint: 'Name a file that is there, or say the root cause in a sentence.',
      cause,
    });
  });
  if (told.trim() !== '') return told.trim();
  throw new HoldfastError('bad-usage', 'The root cause is empty.', {
    hint: 'Say it in a sentence or in a file.',
  });
}

function notReviewable(path: string): HoldfastError {
  return new HoldfastError('corrupt-copy', `${path} is no report of a run that this version understands.`, {
    hint: 'Another version of Holdfast wrote it: review it with that one.',
  });
}
