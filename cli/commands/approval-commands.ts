import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { hasWorker } from '../../schedules/index.ts';
import {
  type Approval,
  approveMessage,
  type Cancellation,
  cancelMessage,
} from '../../workflows/contract-approval.ts';
import type { Act } from '../act.ts';
import {
  type Asked,
  type AskingKind,
  approvalOf,
  describeAsking,
  ended,
  readAsking,
  say,
} from '../approvals.ts';
import type { Context } from '../context.ts';
import { exit } from '../io.ts';
import type { Identity } from '../personal-signature.ts';
import { examples } from './examples.ts';

/** What a kind of request says of the commands that all kinds share. */
type Help = { run: string; approve: string; cancel: string; reason: string };

const keyHelp = 'your SSH key, or its .pub file when an agent or a security key has the private half';
const asHelp = "your name among the policy's people";
const anId = '20261123T090000Z-5e6f7a8b';
const anApprover = '--as dba-2 --sign-with ~/.ssh/id_ed25519';

/** Adds `approve`, `sign` and `cancel`: what people say to a run that asks for approvals. */
export function addApprovals<State extends Asked>(
  command: Command,
  act: Act,
  kind: AskingKind<State>,
  help: Help,
): void {
  const { name } = kind;
  command
    .command('approve')
    .description(help.approve)
    .argument('<run>', help.run)
    .requiredOption('--as <person>', asHelp)
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText(
      'after',
      examples(
        `holdfast ${name} approve ${anId} ${anApprover}`,
        `holdfast ${name} approve ${anId} --as dba-2 --sign-with ~/.ssh/id_ed25519_sk.pub --json`,
      ),
    )
    .action(
      act<Identity>(async (context, identity, [run = '']) => {
        const { workflowId, approval } = await prepare(context, kind, run, identity);
        const { client } = await context.temporal();
        const answer = await say(client, workflowId, approveMessage, approval);
        context.out.result({ workflowId, ...answer }, () => context.out.line(answer.sentence));
        return exit.done;
      }),
    );
  command
    .command('sign')
    .description("sign an approval and print it, to be pasted into Temporal's Web UI as the Signal `approve`")
    .argument('<run>', help.run)
    .requiredOption('--as <person>', asHelp)
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText('after', examples(`holdfast ${name} sign ${anId} ${anApprover}`))
    .action(
      act<Identity>(async (context, identity, [run = '']) => {
        const { approval } = await prepare(context, kind, run, identity);
        context.out.line(JSON.stringify(approval));
        return exit.done;
      }),
    );
  command
    .command('cancel')
    .description(help.cancel)
    .argument('<run>', help.run)
    .requiredOption('--as <person>', asHelp)
    .requiredOption('--reason <text>', 'why, in one line; it is recorded')
    .addHelpText('after', examples(`holdfast ${name} cancel ${anId} --as dba-3 --reason "${help.reason}"`))
    .action(
      act<{ as: string; reason: string }>(async (context, { as, reason }, [run = '']) => {
        const answer = await cancel(context, kind, run, { by: as, reason });
        context.out.result(answer, () => context.out.line(answer.sentence));
        return exit.done;
      }),
    );
}

/** Shows what is asked for, and makes the approval of exactly that. */
async function prepare<State extends Asked>(
  context: Context,
  kind: AskingKind<State>,
  run: string,
  identity: Identity,
): Promise<{ workflowId: string; approval: Approval }> {
  const { client } = await context.temporal();
  const described = await describeAsking(client, kind, run);
  const state = await readAsking(client, kind, described);
  const { workflowId } = state;
  if (!described.running) throw ended(workflowId, state.phase, kind.why(state));
  const proposal = kind.proposal(state);
  if (proposal === null)
    throw new HoldfastError('refused', kind.preparing, { hint: 'Try again in a moment.' });
  const { requester, reason, rule } = state;
  const { textOf, namespace } = kind;
  const asked = { workflowId, requester, reason, rule, textOf, namespace, ...proposal };
  return { workflowId, approval: await approvalOf(context, identity, asked) };
}

async function cancel<State extends Asked>(
  context: Context,
  kind: AskingKind<State>,
  run: string,
  cancellation: Cancellation,
) {
  const { client } = await context.temporal();
  const { workflowId, zone, running } = await describeAsking(client, kind, run);
  if (!running) throw ended(workflowId);
  if (await hasWorker(client, zone))
    return { workflowId, ...(await say(client, workflowId, cancelMessage, cancellation)) };
  // A Signal waits for a worker, and nothing happens without one.
  await client.workflow.getHandle(workflowId).signal(cancelMessage, cancellation);
  const sentence = `It is cancelled as soon as a worker of zone ${zone} starts, before anything else happens.`;
  return { workflowId, outcome: 'sent', sentence };
}
