import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import {
  type Approval,
  approvalNamespace,
  approveMessage,
  type DeletionProgress,
} from '../../workflows/contract-deletion.ts';
import { approvalText } from '../../workflows/deletion-text.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { listLines } from '../deletion-print.ts';
import { describeDeletion, ended, readDeletion, say } from '../deletions.ts';
import { exit } from '../io.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from '../personal-signature.ts';
import { examples } from './examples.ts';

const keyHelp = 'your SSH key, or its .pub file when an agent or a security key has the private half';

export function addDeletionApprove(deletion: Command, act: Act): void {
  deletion
    .command('approve')
    .description('approve a deletion: shows what goes, and signs exactly that with your SSH key')
    .argument('<run>', 'the request, as `deletion list` names it')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText(
      'after',
      examples(
        'holdfast deletion approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519',
        'holdfast deletion approve 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519_sk.pub --json',
      ),
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

export function addDeletionSign(deletion: Command, act: Act): void {
  deletion
    .command('sign')
    .description("sign an approval and print it, to be pasted into Temporal's Web UI as the Signal `approve`")
    .argument('<run>', 'the request, as `deletion list` names it')
    .requiredOption('--as <person>', "your name among the policy's people")
    .option('--sign-with <keyfile>', keyHelp)
    .addHelpText(
      'after',
      examples('holdfast deletion sign 20261123T090000Z-5e6f7a8b --as dba-2 --sign-with ~/.ssh/id_ed25519'),
    )
    .action(
      act<Identity>(async (context, identity, [run = '']) => {
        const { approval } = await prepare(context, run, identity);
        context.out.line(JSON.stringify(approval));
        return exit.done;
      }),
    );
}

/** Shows what goes, and signs the approval of exactly that. */
async function prepare(
  context: Context,
  run: string,
  identity: Identity,
): Promise<{ state: DeletionProgress; approval: Approval }> {
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, identity.as);
  const { client } = await context.temporal();
  const described = await describeDeletion(client, run);
  const state = await readDeletion(client, described);
  if (!described.running) throw ended(described.workflowId, state);
  const { list, workflowId, rule } = state;
  if (list === null)
    throw new HoldfastError('refused', 'What is deleted is still being computed.', {
      hint: 'Try again in a moment.',
    });
  // What is signed is what is shown here, whatever else the run may say of itself.
  const hash = createHash('sha256').update(list.text).digest('hex');
  if (hash !== list.sha256)
    throw new HoldfastError('mismatch', `The list of ${workflowId} is not the one that its hash names.`, {
      hint: 'Cancel the request, and find out who changed what.',
    });
  for (const line of [`${workflowId}, asked for by ${state.requester}: ${state.reason}`, ...listLines(list)])
    context.remark(line);
  const by = person.name;
  if (rule.signatures === 'named' && identity.signWith === undefined)
    return { state, approval: { by, hash } };
  const signature = await signAsPerson(context, approvalText({ workflowId, by, hash }), approvalNamespace, {
    person,
    keyFile: keyFileOf(identity, 'An approval'),
  });
  return { state, approval: { by, hash, signature } };
}
