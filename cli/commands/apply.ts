import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import {
  type Applied,
  applyChanges,
  closeAlertsOf,
  ensureSearchAttributes,
  moveAlerts,
  moveFollowUps,
  refuseUnsafe,
} from '../../schedules/index.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import {
  changesDocument,
  countChanges,
  hasChanges,
  type Planned,
  planChanges,
  printChanges,
} from '../planning.ts';
import { type Publication, publish } from '../publish.ts';
import { asOption, recordedBy } from '../recorded.ts';
import { examples } from './examples.ts';

type Options = { as?: string; allowDelete?: boolean; yes?: boolean };

export function addApply(command: Command, act: Act): void {
  command
    .option('--allow-delete', 'delete the Schedules of plans that the policy no longer has')
    .option(...asOption)
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('holdfast apply', 'holdfast apply --yes --allow-delete --json'))
    .action(
      act<Options>(async (context, options) => {
        const planned = await planChanges(context);
        const recorded = recordedBy(planned.loaded.policy, options.as);
        if (!context.json) printChanges(context, planned);
        refuseUnsafe(planned.changes, options.allowDelete === true);
        if (hasChanges(planned.changes) && !(await agreed(context, options))) {
          context.remark('Nothing was changed.');
          return exit.failed;
        }
        const applied = await apply(context, planned);
        await tellRules(context, planned);
        const published = await publish(context, planned.loaded, planned.temporal, recorded);
        context.out.result({ ...changesDocument(planned), applied: applied.map(told), published }, () =>
          print(context, applied, published),
        );
        const failed =
          applied.some(({ outcome }) => outcome === 'failed') ||
          published.some(({ outcome }) => outcome === 'failed');
        return failed ? exit.failed : exit.done;
      }),
    );
}

async function agreed({ io, json }: Context, { yes }: Options): Promise<boolean> {
  if (yes === true) return true;
  if (io.ask === null || json)
    throw new HoldfastError('bad-usage', 'Nothing was changed, because nobody could be asked.', {
      hint: 'Add --yes to apply without a question.',
    });
  return /^y(es)?$/i.test((await io.ask('Apply these changes? [y/N] ')).trim());
}

async function apply(context: Context, { changes, temporal, loaded }: Planned): Promise<Applied[]> {
  const added = await ensureSearchAttributes(temporal.client, temporal.connection);
  if (added.length > 0) context.remark(`Added the search attributes ${added.join(', ')}.`);
  const counts = countChanges(changes);
  const total = counts.create + counts.update + counts.delete;
  let done = 0;
  return applyChanges(temporal.client, changes, loaded.policy.organization, () => {
    done += 1;
    context.progress.show(`${done} of ${total} changes made`);
  });
}

/** Who is told of what, and that nobody observes any more what the policy no longer has. */
async function tellRules(context: Context, { changes, temporal, loaded }: Planned): Promise<void> {
  const { checks, notifications, organization, audit } = loaded.policy;
  const { client } = temporal;
  const { zone } = checks;
  const given = { rules: notifications, organization, ...(audit === undefined ? {} : { audit }) };
  const lost = await moveAlerts(client, { zone, ...given });
  if (lost !== null)
    context.remark(
      `Zone ${lost} kept the alerts and has no worker: what was open is found anew by zone ${zone}.`,
    );
  await moveFollowUps(client, loaded.policy);
  const gone = changes.filter(({ kind }) => kind === 'delete').map(({ id }) => id);
  await closeAlertsOf(client, zone, gone);
}

function told({ id, kind, outcome, error }: Applied) {
  return {
    schedule: id,
    change: kind,
    outcome,
    ...(error === undefined
      ? {}
      : { error: { code: error.code, message: error.message, hint: error.hint ?? null } }),
  };
}

function print({ out, colors }: Context, applied: Applied[], published: Publication[]): void {
  for (const { error } of applied)
    if (error !== undefined) out.line(`${colors.red('failed')}  ${error.sentence}`);
  for (const { repository, outcome, sentence } of published) {
    const mark = outcome === 'failed' ? colors.red('failed') : outcome;
    if (outcome !== 'unchanged')
      out.line(`${mark}  repository ${repository}${sentence === undefined ? '' : `: ${sentence}`}`);
  }
  const signers = [...new Set(published.flatMap(({ signedBy }) => signedBy ?? []))];
  if (signers.length > 0)
    out.line(
      signers.length === 1
        ? `Signed by ${signers[0]}: keep it in the safe, \`holdfast recover --trust\` wants it.`
        : `Signed by ${signers.join(' and ')}: keep them in the safe, \`holdfast recover --trust\` wants one of them.`,
    );
  const made = applied.filter(({ outcome }) => outcome === 'done').length;
  out.line(`Applied: ${made} of ${applied.length} changes made.`);
}
