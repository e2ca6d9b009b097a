import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { type Approval, approveMessage } from '../../workflows/contract-deletion.ts';
import { type SwitchProgress, switchNamespace } from '../../workflows/contract-switch.ts';
import { switchApprovalText } from '../../workflows/switch-text.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { ended, say } from '../deletions.ts';
import { exit } from '../io.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from '../personal-signature.ts';
import { factLines } from '../switch-print.ts';
import { describeSwitch, readSwitch } from '../switches.ts';
import { examples } from './examples.ts';

const keyHelp = 'your SSH key, or its .pub file when an agent or a security key has the private half';

export function addSwitchApprove(command: Command, act: Act): void {
  command
    .command('approve')
    .description(
      'approve a switch: shows what would be lost and replaced, and signs exactly that with your SSH key',
    )
    .argument('<run>', 'the switch, as `switch list` names it')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText(
      'after',
      examples('holdfast switch approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519'),
    )
    .action(
      act<Identity>(async (context, identity, [run = '']) => {
        const { state, approval } = await prepare(context, run, identity);
        const { client } = await context.temporal();
        const answer = await say(client, state.workflowId, approveMessage, approval);
        context.out.result({ workflowId: state.workflowId, ...answer }, () =>
          context.out.line(answer.sentence),
        );
        return exit.done;
      }),
    );
}

export function addSwitchSign(command: Command, act: Act): void {
  command
    .command('sign')
    .description("sign an approval and print it, to be pasted into Temporal's Web UI as the Signal `approve`")
    .argument('<run>', 'the switch, as `switch list` names it')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText(
      'after',
      examples('holdfast switch sign 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519'),
    )
    .action(
      act<Identity>(async (context, identity, [run = '']) => {
        const { approval } = await prepare(context, run, identity);
        context.out.line(JSON.stringify(approval));
        return exit.done;
      }),
    );
}

/** Shows what would be switched, and signs the approval of exactly that. */
async function prepare(
  context: Context,
  run: string,
  identity: Identity,
): Promise<{ state: SwitchProgress; approval: Approval }> {
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, identity.as);
  const { client } = await context.temporal();
  const described = await describeSwitch(client, run);
  const state = await readSwitch(client, described);
  if (!described.running) throw ended(described.workflowId);
  const { facts, text, workflowId, rule } = state;
  if (facts === null || text === null)
    throw new HoldfastError('refused', 'What is switched in is still being restored.', {
      hint: 'Try again in a moment.',
    });
  // What is signed is what is shown here, whatever else the run may say of itself.
  const hash = createHash('sha256').update(text).digest('hex');
  if (hash !== state.hash)
    throw new HoldfastError('mismatch', `The facts of ${workflowId} are not those that its hash names.`, {
      hint: 'Cancel the switch, and find out who changed what.',
    });
  for (const line of [
    `${workflowId}, asked for by ${state.requester}: ${state.reason}`,
    ...factLines(facts, hash),
  ])
    context.remark(line);
  const by = person.name;
  if (rule.signatures === 'named' && identity.signWith === undefined)
    return { state, approval: { by, hash } };
  const signature = await signAsPerson(
    context,
    switchApprovalText({ workflowId, by, hash }),
    switchNamespace,
    {
      person,
      keyFile: keyFileOf(identity, 'An approval'),
    },
  );
  return { state, approval: { by, hash, signature } };
}
