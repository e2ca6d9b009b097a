import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { Act } from '../act.ts';
import { chosen, declared, disasterLines, type What } from '../declaring.ts';
import { lastCheckOf } from '../failover-past.ts';
import { lookAhead, previewLines, previewOf } from '../failover-preview.ts';
import { awaitDeclared, failoverInput, startFailover } from '../failovers.ts';
import { exit } from '../io.ts';
import { personNamed } from '../personal-signature.ts';
import { examples } from './examples.ts';

type Options = Omit<What, 'runbook'> & { as?: string; reason?: string; preview?: boolean; signWith?: string };

export function addFailoverStart(failover: Command, act: Act): void {
  failover
    .command('start')
    .description('declare a disaster and run a runbook in earnest')
    .argument('[runbook]', "the name of one of the policy's runbooks")
    .option('--disaster <name>', "one of the policy's disasters, which chooses the runbook and who is called")
    .option('--class <class>', "minor, major or critical: the policy's only disaster of that class")
    .option('--as <person>', "your name among the policy's people; you will approve nothing of this run")
    .option('--reason <text>', 'what happened, in one line; it is recorded and told')
    .option(
      '--sign-with <keyfile>',
      'your SSH key, where the runbook wants signatures; a .pub file when an agent has the private half',
    )
    .option(
      '--preview',
      'print the order, who is asked what, the commands and how long it takes; nothing is touched',
    )
    .addHelpText(
      'after',
      examples(
        'holdfast failover start shop-failover --preview',
        'holdfast failover start --disaster site-loss --as commander-1 --reason "fra1 is dark" --sign-with ~/.ssh/id_ed25519',
        'holdfast failover start --class minor --as commander-1 --reason "one disk is slow" --sign-with ~/.ssh/id_ed25519',
      ),
    )
    .action(
      act<Options>(async (context, options, [name]) => {
        const { as, reason, preview, signWith } = options;
        const { policy } = await context.loadPolicy();
        const { runbook, disaster } = chosen(policy, { ...options, runbook: name });
        if (preview === true) {
          const known = await lookAhead(context, policy, runbook);
          const shown = previewOf(runbook, known, new Date().toISOString());
          context.out.result({ ...shown, ...(disaster === undefined ? {} : { disaster }) }, () => {
            for (const line of disaster === undefined ? [] : disasterLines(disaster)) context.out.line(line);
            for (const line of previewLines(shown)) context.out.line(line);
          });
          return exit.done;
        }
        if (as === undefined || reason === undefined)
          throw new HoldfastError('bad-usage', 'Who declares a disaster, and why, is recorded and told.', {
            hint: 'Add --as NAME --reason "…", or --preview to look first.',
          });
        const person = personNamed(policy.people, as);
        const { client } = await context.temporal();
        const input = failoverInput(policy, runbook, {
          mode: 'real',
          person: person.name,
          reason,
          ...(disaster === undefined ? {} : { disaster }),
          ...(await lastCheckOf(client, runbook)),
        });
        const workflowId = await startFailover(client, await declared(context, input, person, signWith));
        await awaitDeclared(context, workflowId);
        context.out.result({ workflowId }, () => {
          context.out.line(`${workflowId} is declared.`);
          context.out.line(`  holdfast failover status ${runbook.name} --watch`);
        });
        return exit.done;
      }),
    );
}
