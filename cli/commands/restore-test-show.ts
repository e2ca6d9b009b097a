import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { restoreTestMarkdown } from '../../reports/restore-test.ts';
import { isBackupId } from '../../repository/index.ts';
import { type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { ShownReport, ShowTestResult, SoughtReport } from '../../workflows/contract-restore-test.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import { backupRepositories } from '../repositories.ts';
import { testedPlanOf } from '../restore-test-form.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from '../run-workflow.ts';
import { examples } from './examples.ts';

const reportPath = /^restore-test\/\d{4}\/\d{2}\/\d{8}T\d{6}Z-[a-z0-9-]+$/;

export function addRestoreTestShow(restoreTest: Command, act: Act): void {
  restoreTest
    .command('show')
    .description('print the report of a restore test, and who signed it')
    .argument(
      '<run>',
      "a plan or a backup's id for its newest test, or a report as `restore-test list` names it",
    )
    .addHelpText(
      'after',
      examples(
        'holdfast restore-test show shop-daily',
        'holdfast restore-test show 20261121T010000Z-1a2b3c4d --json',
        'holdfast restore-test show restore-test/2026/12/20261206T010312Z-shop-daily',
      ),
    )
    .action(
      act(async (context, _options, [name = '']) => {
        const { policy } = await context.loadPolicy();
        const { sought, repositories } = soughtIn(policy, name);
        const { client } = await context.temporal();
        const kind = workflowTypes.showTest;
        const run = await started(
          client.workflow.start<Workflows['showTest']>(kind, {
            ...startOptions({
              zone: await zoneWithWorker(client, [...new Set(repositories.map(({ zone }) => zone))]),
              workflowId: `show-test/${randomUUID()}`,
              kind,
              summary: `Report of the restore test ${name}`,
              timeout: 3600,
            }),
            args: [{ repositories, signers: policy.signers, sought }],
          }),
        );
        const { report, faults } = await runToEnd(context, run);
        if (report === null) throw noReport(name, faults);
        const passed = tell(context, report, faults);
        return passed && faults.length === 0 ? exit.done : exit.fault;
      }),
    );
}

function soughtIn(
  policy: ResolvedPolicy,
  name: string,
): { sought: SoughtReport; repositories: ResolvedRepository[] } {
  const repositories = backupRepositories(policy);
  if (reportPath.test(name)) return { sought: { path: name }, repositories };
  if (isBackupId(name))
    return { sought: { backupId: name, sources: Object.keys(policy.sources) }, repositories };
  return { sought: { plan: name }, repositories: named(policy.plans, name, 'plan').copies };
}

/** Prints what was signed, and nothing that only lies beside it; gives whether the test passed. */
function tell({ out, remark }: Context, report: ShownReport, faults: ShowTestResult['faults']): boolean {
  const { json, ...kept } = report;
  const signed: unknown = JSON.parse(json);
  const tested = testedPlanOf(signed);
  out.result({ ...kept, faults, report: signed }, () =>
    out.line(tested === null ? json : restoreTestMarkdown(tested).trimEnd()),
  );
  for (const fault of faults) remark(fault);
  if (tested === null)
    remark('Another version of Holdfast wrote it: here are the facts as they were signed.');
  remark(`Signed by ${kept.signedBy}: ${kept.path} in ${kept.repository}, SHA-256 ${kept.sha256}.`);
  return tested?.result === 'passed';
}

function noReport(name: string, faults: ShowTestResult['faults']): HoldfastError {
  const sentence = `No repository holds a report of a restore test of ${name} that can be trusted.`;
  return new HoldfastError('not-found', [sentence, ...faults].join(' '), {
    hint: '`holdfast restore-test list` tells what was tested.',
  });
}
