import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { FollowUpMessageName } from '../../workflows/contract-follow-ups.ts';
import { dateIn } from '../../workflows/follow-ups-times.ts';
import type { Act } from '../act.ts';
import { describeFailover, readFailover } from '../failovers.ts';
import { addFollowUp, refuseNoDay, sayOfFollowUp } from '../follow-ups.ts';
import { exit } from '../io.ts';
import { personNamed } from '../personal-signature.ts';
import { examples } from './examples.ts';

const asOption = ['--as <person>', "your name among the policy's people"] as const;
const ownerHelp = "who does it, one of the policy's people";
const dueHelp = "until when: YYYY-MM-DD, in the policy's time zone";

export function addFollowUpAdd(followup: Command, act: Act): void {
  followup
    .command('add')
    .description('note what is to be done because of a drill or a failover; its owner is told')
    .argument('<run>', 'the runbook, or drill/RUNBOOK for its rehearsal')
    .argument('<text>', 'what is to be done')
    .requiredOption(...asOption)
    .requiredOption('--owner <person>', ownerHelp)
    .requiredOption('--due <day>', dueHelp)
    .addHelpText(
      'after',
      examples(
        'holdfast followup add drill/shop-failover "lower the TTL of shop" --as dba-1 --owner ops-1 --due 2026-12-18',
      ),
    )
    .action(
      act<{ as: string; owner: string; due: string }>(
        async (context, { as, owner, due }, [run, text = '']) => {
          const { policy } = await context.loadPolicy();
          const by = personNamed(policy.people, as).name;
          refuseNoDay(due);
          const today = dateIn(policy.timezone, Date.now());
          if (due < today)
            throw new HoldfastError('bad-usage', `${due} is over: today is ${today} in ${policy.timezone}.`);
          const { client } = await context.temporal();
          const described = await describeFailover(client, run);
          const { workflowId, runId, runbook, mode } = await readFailover(client, described);
          const sentence = await addFollowUp(context, {
            ...{ by, runbook, workflowId, runId, mode, text, due },
            owner: personNamed(policy.people, owner).name,
          });
          context.out.result({ outcome: 'followed', sentence }, () => context.out.line(sentence));
          return exit.done;
        },
      ),
    );
}

type Form = {
  name: Exclude<FollowUpMessageName, 'add'>;
  description: string;
  options: readonly (readonly [flags: string, help: string])[];
  example: string;
};

const why = ['--reason <text>', 'why, in one line; it is kept'] as const;

const forms: readonly Form[] = [
  {
    name: 'move',
    description: 'move the day of a follow-up, with a reason',
    options: [['--due <day>', dueHelp], why],
    example: '1a2b3c4d --as ops-1 --due 2027-01-15 --reason "the new switch comes in January"',
  },
  {
    name: 'assign',
    description: 'hand a follow-up on to somebody else, with a reason',
    options: [['--owner <person>', ownerHelp], why],
    example: '1a2b3c4d --as ops-1 --owner dba-1 --reason "it is a matter of the database"',
  },
  {
    name: 'close',
    description: 'close a follow-up, with what shows that it is done',
    options: [['--evidence <text>', 'what shows it, in one line: a change, a ticket, a drill']],
    example: '1a2b3c4d --as ops-1 --evidence "change 4711"',
  },
];

type Given = { as: string; due?: string; owner?: string; reason?: string; evidence?: string };

export function addFollowUpChanges(followup: Command, act: Act): void {
  for (const { name, description, options, example } of forms) {
    const command = followup
      .command(name)
      .description(description)
      .argument('<id>', 'as `followup list` shows it')
      .requiredOption(...asOption);
    for (const [flags, help] of options) command.requiredOption(flags, help);
    command.addHelpText('after', examples(`holdfast followup ${name} ${example}`)).action(
      act<Given>(async (context, { as, due = '', owner = '', reason = '', evidence = '' }, [id = '']) => {
        const { policy } = await context.loadPolicy();
        const by = personNamed(policy.people, as).name;
        if (name === 'move') refuseNoDay(due);
        const said = {
          move: () => sayOfFollowUp(context, 'move', { by, id, due, reason }),
          assign: () =>
            sayOfFollowUp(context, 'assign', {
              by,
              id,
              owner: personNamed(policy.people, owner).name,
              reason,
            }),
          close: () => sayOfFollowUp(context, 'close', { by, id, evidence }),
        };
        const sentence = await said[name]();
        context.out.result({ outcome: 'followed', sentence }, () => context.out.line(sentence));
        return exit.done;
      }),
    );
  }
}
