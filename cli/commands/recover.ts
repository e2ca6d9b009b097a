import type { Command } from 'commander';
import { runbookMarkdown } from '../../reports/runbook.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { chosen } from '../declaring.ts';
import { countOption } from '../durations.ts';
import { failoverLines } from '../failover-print.ts';
import { type ExitCode, exit } from '../io.ts';
import { isSaid } from '../recover/brought.ts';
import { type DecideOptions, decide } from '../recover/decide.ts';
import { nextCommand } from '../recover/next.ts';
import { onThisMachine, type Recoverable, readRepository } from '../recover/recoverable.ts';
import { documentOf, show } from '../recover/show.ts';
import { documentOf as runbookDocument } from '../runbook-document.ts';
import { examples } from './examples.ts';

type Options = DecideOptions & { list?: boolean; print?: boolean };

const collect = (value: string, before: string[]): string[] => [...before, value];

export function addRecover(command: Command, act: Act): void {
  command
    .requiredOption('--from <place>', 'a directory with a copy of a repository, or s3://BUCKET/PREFIX')
    .option(
      '--trust <key>',
      'whose signature counts: a file of public keys, or a fingerprint SHA256:…',
      collect,
      [],
    )
    .option(
      '--applied <policy>',
      'an older policy, by its name in the repository. Default: the last one applied',
    )
    .option('--zone <zone>', 'the zone that this machine stands in for; again for more', collect, [])
    .option('--key <name=file>', 'the private key or passphrase of a key of the policy', collect, [])
    .option('--signing-key <file>', 'the private SSH key that signs the report')
    .option('--list', 'only show what can be recovered')
    .option('--print', 'print the runbooks, or the one named, with the commands to follow by hand')
    .option('--runbook <name>', 'the runbook to run')
    .option(
      '--disaster <name>',
      "one of the policy's disasters, which chooses the runbook and who is to be called",
    )
    .option('--class <class>', "minor, major or critical: the policy's only disaster of that class")
    .option('--as <person>', "your name among the policy's people; you will approve nothing of this run")
    .option('--reason <text>', 'what happened, in one line; it is recorded')
    .option('--sign-with <keyfile>', 'your SSH key, where the runbook wants signatures')
    .option('--yes', 'do not ask')
    .option(
      '--state <directory>',
      'where this machine keeps the run; the same again goes on with it',
      'holdfast-recovery',
    )
    .option('--port <port>', 'where Temporal listens, on this host only', countOption, 7233)
    .option('--ui-port <port>', 'where its Web UI listens, on this host only', countOption, 8233)
    .option(
      '--endpoint <url>',
      'address of an S3-compatible service. Default: $AWS_ENDPOINT_URL, else Amazon',
    )
    .option('--region <region>', 'region of the bucket. Default: $AWS_REGION, else us-east-1')
    .option(
      '--credentials <prefix>',
      'beginning of the variables that hold the credentials of the bucket',
      'AWS',
    )
    .option('--ca-file <file>', 'certificates to trust for the endpoint')
    .addHelpText(
      'after',
      examples(
        'holdfast recover --from /mnt/copy --trust SHA256:… --list',
        'holdfast recover --from /mnt/copy --trust dr.pub --key databases=/media/safe/databases.asc',
        'holdfast recover --from s3://ge-backups --endpoint https://s3.example.org --trust dr.pub --runbook site-loss --as commander-1 --reason "fra1 is dark"',
        'holdfast recover --from /mnt/copy --trust dr.pub --disaster fire --as commander-1 --reason "the hall burns" --sign-with ~/.ssh/id_ed25519 --yes',
      ),
    )
    .action(act<Options>(recover));
}

async function recover(context: Context, options: Options): Promise<ExitCode> {
  const found = await onThisMachine(context, await readRepository(context, options), options);
  if (options.print === true) return print(context, found, options);
  const showing = options.list === true || (!isSaid(options) && (context.io.ask === null || context.json));
  if (!context.json) show(context, found, Date.now());
  if (showing) {
    const next = nextCommand(found, options);
    context.out.result({ ...documentOf(found), next }, () => {
      if (next === null) return;
      context.out.line();
      context.out.line('To run a runbook, after the old Temporal can not come back:');
      context.out.line(`  ${next}`);
    });
    return isRecoverable(found) ? exit.done : exit.fault;
  }
  const decision = await decide(context, found, options);
  if (decision === null) {
    context.remark('Nothing was started.');
    return exit.failed;
  }
  // Loaded here, because the worker's native part would slow down every other command.
  const { recoverBy } = await import('../recover/start.ts');
  const { run, kept } = await recoverBy(context, decision.found, decision.start);
  context.out.result({ ...documentOf(decision.found), run, kept }, () => {
    for (const line of failoverLines(run, context.colors, Date.now())) context.out.line(line);
    context.out.line();
    context.out.line(kept.report === null ? 'No signed report is kept here.' : `Report: ${kept.report}`);
    context.out.line(`Policy: ${kept.policy}`);
  });
  return codeOf(run);
}

/** A plan without a whole backup, or without its key, needs a person. */
const isRecoverable = ({ points }: Recoverable): boolean =>
  points.length > 0 && points.every(({ newest, key }) => newest !== null && key.here);

const codeOf = ({ result }: FailoverProgress): ExitCode =>
  result === 'passed' || result === 'passed-with-exceptions' ? exit.done : exit.failed;

function print({ out }: Context, { here }: Recoverable, options: Options): ExitCode {
  const runbooks = isSaid(options) ? [chosen(here, options).runbook] : Object.values(here.runbooks);
  const printedAt = new Date().toISOString();
  const documents = runbooks.map((runbook) => runbookDocument(here, runbook, printedAt));
  out.result(
    documents.map(({ runbook, steps }) => ({
      runbook: runbook.name,
      version: runbook.version,
      printedAt,
      steps,
    })),
    () => {
      for (const document of documents) out.line(runbookMarkdown(document));
    },
  );
  return exit.done;
}
