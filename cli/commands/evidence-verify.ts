import type { Command } from 'commander';
import type { Signer } from '../../policy/resolved.ts';
import { checkReports, checkTestedBackups, type EvidenceFault } from '../../repository/index.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { atPlace, type EvidencePlace } from '../evidence-place.ts';
import { repositoryOption, trustOption } from '../found-reports.ts';
import { exit } from '../io.ts';
import { trustedSigners } from '../trusted-signers.ts';
import { examples } from './examples.ts';

type Options = { repository?: string; trust?: string };

export function addEvidenceVerify(evidence: Command, act: Act): void {
  evidence
    .command('verify')
    .description('check every signed report in a place, offline: no Temporal, no worker')
    .argument('[path]', 'a directory: of a repository, of `evidence export`, or of a report’s --out')
    .option(...repositoryOption)
    .option(...trustOption)
    .addHelpText(
      'after',
      examples(
        'holdfast evidence verify /backups',
        'holdfast evidence verify --repository offsite',
        'holdfast evidence verify handed-over --trust auditors/signers --json',
      ),
    )
    .action(
      act<Options>(async (context, { repository, trust }, [path]) => {
        const signers = await trustedSigners(context, trust);
        const found = await atPlace(context, { path, repository }, (place) =>
          verifyPlace(context, place, signers),
        );
        context.out.result(found, () => print(context, found));
        return found.result === 'passed' ? exit.done : exit.fault;
      }),
    );
}

type Verified = Awaited<ReturnType<typeof verifyPlace>>;

async function verifyPlace(
  { io: { signal }, progress }: Context,
  { store, prefix, what }: EvidencePlace,
  signers: readonly Signer[],
) {
  progress.show(`Checking the reports in ${what}`);
  const { reports, others } = await checkReports(store, { prefix, signers, signal });
  const backups = await checkTestedBackups(store, reports, { signers, signal });
  progress.clear();
  const faults: EvidenceFault[] = [...reports.flatMap((report) => report.faults), ...backups.faults];
  return {
    // Nothing found is nothing proven.
    result: faults.length === 0 && reports.length > 0 ? ('passed' as const) : ('failed' as const),
    place: what,
    signers: signers.map(({ name }) => name),
    reports: reports.map(({ path, evidence, sha256, signedBy, faults: own }) => ({
      path,
      kind: evidence?.kind ?? null,
      subject: evidence?.subject ?? null,
      at: evidence?.at ?? null,
      sha256,
      signedBy,
      holds: own.length === 0,
    })),
    backups: { whole: backups.whole, absent: backups.absent },
    faults,
    notes: reports.flatMap(({ notes }) => notes),
    others,
  };
}

function print({ out, colors, remark }: Context, found: Verified): void {
  const { result, reports, backups, faults, notes, others, place } = found;
  for (const { file, fault, sentence } of faults) {
    out.line(`${colors.red(fault)}  ${file}`);
    out.line(`  ${sentence}`);
  }
  const holding = reports.filter(({ holds }) => holds).length;
  if (reports.length === 0) out.line(`There is no report in ${place}.`);
  else out.line(`${holding} of ${reports.length} reports in ${place} hold.`);
  for (const name of new Set(reports.flatMap(({ signedBy }) => signedBy ?? []))) {
    const signed = reports.filter(({ signedBy }) => signedBy === name).length;
    out.line(`  ${signed} signed by ${name}`);
  }
  if (backups.whole > 0) out.line(`The manifests of ${backups.whole} tested backups beside them hold.`);
  out.line(`evidence: ${result === 'passed' ? colors.green(result) : colors.red(result)}`);
  for (const note of notes.slice(0, 10)) remark(note);
  if (notes.length > 10) remark(`And ${notes.length - 10} more texts were not signed with their reports.`);
  if (others.length > 0)
    remark(`Nobody vouches for ${others.length} other files there, such as ${others[0]}.`);
}
