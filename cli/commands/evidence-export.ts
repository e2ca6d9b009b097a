import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { Signer } from '../../policy/resolved.ts';
import { allowedSigners, evidenceFolder, evidenceKinds, evidenceNamespace } from '../../repository/index.ts';
import type { Act } from '../act.ts';
import { findReports, type ReportsAsked, readsReports } from '../found-reports.ts';
import { exit } from '../io.ts';
import { reportNamed, type ShownReport } from '../shown-report.ts';
import { trustedSigners } from '../trusted-signers.ts';
import { examples } from './examples.ts';

type Options = ReportsAsked & { kind?: string };

export function addEvidenceExport(evidence: Command, act: Act): void {
  readsReports(evidence.command('export'))
    .description(
      'copy signed reports, their signatures and the signers’ public keys into a directory, for an auditor',
    )
    .argument('<directory>', 'a new directory')
    .addOption(new Option('--kind <kind>', 'only these').choices(evidenceKinds))
    .addHelpText(
      'after',
      examples(
        'holdfast evidence export handed-over --since 2026-01-01',
        'holdfast evidence verify handed-over',
      ),
    )
    .action(
      act<Options>(async (context, { kind, ...asked }, [directory = '']) => {
        const signers = await trustedSigners(context, asked.trust);
        const { reports, faults } = await findReports(context, asked);
        const wanted = reports.filter((report) => kind === undefined || report.kind === kind);
        const files = new Map(guide(signers, wanted.length));
        for (const [index, { path }] of wanted.entries()) {
          context.progress.show(`Copying reports, ${index + 1} of ${wanted.length}`);
          const shown = await reportNamed(context, path, asked);
          for (const [file, text] of filesOf(path, shown)) files.set(file, text);
          if (shown.markdown === null)
            faults.push(`${path}.md is not the text that was signed, and was left out.`);
        }
        context.progress.clear();
        await write(directory, files);
        const exported = wanted.map(({ path, sha256 }) => ({ path, sha256 }));
        context.out.result({ directory, reports: exported, faults }, () =>
          context.out.line(`${wanted.length} reports in ${directory}.`),
        );
        for (const fault of faults) context.remark(fault);
        return faults.length === 0 && wanted.length > 0 ? exit.done : exit.fault;
      }),
    );
}

/** In a repository's own layout, so that they are verified as there. */
function filesOf(path: string, { json, signature, markdown }: ShownReport): [string, string][] {
  const base = `${evidenceFolder}${path}`;
  return [
    [`${base}.json`, json],
    [`${base}.json.sig`, signature],
    ...(markdown === null ? [] : ([[`${base}.md`, markdown]] satisfies [string, string][])),
  ];
}

const guide = (signers: readonly Signer[], count: number): [string, string][] => [
  ['allowed_signers', allowedSigners(signers, evidenceNamespace)],
  [
    'README.md',
    `# ${count} signed reports

Below \`${evidenceFolder}\` each report is three files: \`.json\` is what was signed, \`.json.sig\` its signature, \`.md\` the same
for people. The JSON holds the SHA-256 of the Markdown, and so the signature covers both.

\`allowed_signers\` has the public keys that signed. Whoever changed a report could have changed this file as well: compare
the keys with what their owner gave you on another way, before you rely on them.

With Holdfast, offline:

    holdfast evidence verify . --trust allowed_signers

With OpenSSH alone, for one report and the name at the beginning of the signer's line:

    ssh-keygen -Y verify -f allowed_signers -I NAME -n ${evidenceNamespace} -s REPORT.json.sig < REPORT.json
    sha256sum REPORT.md     # is \`markdownSha256\` in REPORT.json
`,
  ],
];

async function write(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    await mkdir(dirname(directory), { recursive: true });
    await mkdir(directory);
    try {
      for (const [file, text] of files) {
        await mkdir(dirname(join(directory, file)), { recursive: true });
        await writeFile(join(directory, file), text, { flag: 'wx' });
      }
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  } catch (cause) {
    throw new HoldfastError('access-denied', `The reports could not be written into ${directory}.`, {
      hint: 'Name a directory that is not there yet, in one that you may write to and that has room.',
      cause,
    });
  }
}
