import { type Command, Option } from 'commander';
import { evidenceKinds } from '../../repository/index.ts';
import type { FoundReports } from '../../workflows/contract-report.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { findReports, type ReportsAsked, readsReports } from '../found-reports.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

type Options = ReportsAsked & { kind?: string };

export function addEvidenceList(evidence: Command, act: Act): void {
  readsReports(evidence.command('list'))
    .description(
      'signed reports, newest first: what was tested, rehearsed and failed over, and what came of it',
    )
    .addOption(new Option('--kind <kind>', 'only these').choices(evidenceKinds))
    .addHelpText(
      'after',
      examples(
        'holdfast evidence list --kind drill',
        'holdfast evidence list --from handed-over --since 2026-01-01',
      ),
    )
    .action(
      act<Options>(async (context, { kind, ...asked }) => {
        const found = await findReports(context, asked);
        const reports = found.reports.filter((report) => kind === undefined || report.kind === kind);
        context.out.result({ ...found, reports }, () => print(context, { ...found, reports }));
        return found.faults.length === 0 ? exit.done : exit.fault;
      }),
    );
}

function print({ out, colors, remark }: Context, { reports, faults }: FoundReports): void {
  if (reports.length === 0) out.line('There is no report of that.');
  else
    out.table(
      ['WHEN (UTC)', 'KIND', 'SUBJECT', 'RESULT', 'SIGNED BY', 'REPORT'],
      reports.map(({ at, kind, subject, result, signedBy, path }) => [
        at.slice(0, 19).replace('T', ' '),
        kind,
        subject,
        result === 'passed' ? colors.green(result) : result === 'failed' ? colors.red(result) : result,
        signedBy,
        path,
      ]),
    );
  for (const fault of faults) remark(fault);
}
