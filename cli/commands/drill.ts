import type { Command } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import { drillInput, verdictTime } from '../../schedules/index.ts';
import type { FailoverInput } from '../../workflows/contract-failover.ts';
import type { DrillSettings, Injection } from '../../workflows/contract-rehearsal.ts';
import type { Act } from '../act.ts';
import { named } from '../backups.ts';
import { chosen } from '../declaring.ts';
import { lastCheckOf } from '../failover-past.ts';
import { awaitDeclared, failoverInput, startFailover } from '../failovers.ts';
import { exit } from '../io.ts';
import { personNamed } from '../personal-signature.ts';
import { examples } from './examples.ts';
import { addDrillList } from './failover-list.ts';

type Options = {
  as?: string;
  disaster?: string;
  drill?: string;
  tabletop?: boolean;
  inject: string[];
  expect: string[];
};

const collect = (value: string, before: string[]): string[] => [...before, value];

export function addDrill(drill: Command, act: Act): void {
  drill.addHelpText(
    'after',
    examples('holdfast drill shop-failover --as commander-1', 'holdfast drill list'),
  );
  addDrillRun(drill, act);
  addDrillList(drill, act);
}

function addDrillRun(drill: Command, act: Act): void {
  drill
    .command('run', { isDefault: true })
    .description('rehearse a runbook: the same steps, with no effect on production')
    .argument('[runbook]', "the name of one of the policy's runbooks")
    .option('--as <person>', "your name among the policy's people; you will approve nothing of this run")
    .option('--disaster <name>', "one of the policy's disasters, whose runbook is rehearsed")
    .option(
      '--drill <drill>',
      "one of the runbook's drills in the policy, now: with what it expects and lets go wrong",
    )
    .option('--tabletop', 'walk every person through it; nothing is done at all')
    .option(
      '--inject <surprise>',
      'STEP fails at first, or PERSON is absent: fail:STEP, absent:PERSON',
      collect,
      [],
    )
    .option('--expect <text>', 'what should come out; written down before', collect, [])
    .addHelpText(
      'after',
      examples(
        'holdfast drill shop-failover --as commander-1',
        'holdfast drill run shop-failover --as commander-1 --tabletop',
        'holdfast drill --disaster site-loss --as commander-1 --tabletop',
        'holdfast drill shop-failover --as commander-1 --drill quarterly',
        'holdfast drill shop-failover --as commander-1 --inject fail:promote --expect "somebody tries again"',
      ),
    )
    .action(
      act<Options>(async (context, options, [name]) => {
        const { policy } = await context.loadPolicy();
        const { runbook, disaster } = chosen(policy, { runbook: name, disaster: options.disaster }, whichOne);
        const person = whoRehearses(policy, options.as);
        const { client } = await context.temporal();
        const input = {
          ...inputOf(policy, runbook, person, options, await lastCheckOf(client, runbook)),
          ...(disaster === undefined ? {} : { disaster }),
        };
        const { mode } = input;
        const workflowId = await startFailover(client, input);
        await awaitDeclared(context, workflowId);
        context.out.result({ workflowId, mode }, () => {
          context.out.line(`${workflowId} has begun (${mode}).`);
          context.out.line(`  holdfast failover status ${workflowId} --watch`);
          for (const line of verdictLines(workflowId, input.drill)) context.out.line(line);
        });
        return exit.done;
      }),
    );
}

const whichOne = 'Say what is rehearsed: one runbook, or --disaster NAME.';

/** Asked for after the runbook: who names neither learns first that a runbook is missing. */
function whoRehearses({ people }: ResolvedPolicy, as: string | undefined): string {
  if (as !== undefined) return personNamed(people, as).name;
  throw new HoldfastError('bad-usage', 'Who rehearses a runbook is recorded, and approves nothing of it.', {
    hint: 'Add --as NAME.',
  });
}

/** What keeps a rehearsal open once everything is done. */
function verdictLines(workflowId: string, drill: DrillSettings | undefined): string[] {
  if (drill?.verdict === undefined || drill.expect.length === 0) return [];
  return [
    `  It stays open after its last step until ${drill.owner} has said what came out, for ${formatDuration(drill.verdict)} at most:`,
    `  holdfast failover outcome ${workflowId} NUMBER yes|no --as ${drill.owner}`,
  ];
}

/** A drill of the policy, or one that is made up now. @throws HoldfastError `bad-usage` for one that is both */
function inputOf(
  policy: ResolvedPolicy,
  runbook: ResolvedRunbook,
  person: string,
  { drill: name, tabletop, inject, expect }: Options,
  last: Pick<FailoverInput, 'lastCheck'>,
): FailoverInput {
  if (name === undefined) {
    const drill: DrillSettings = {
      owner: person,
      expect,
      inject: inject.map((text) => injectionOf(text, runbook, policy.people)),
      ...(expect.length === 0 ? {} : { verdict: verdictTime }),
    };
    const mode = tabletop === true ? 'tabletop' : 'drill';
    return failoverInput(policy, runbook, { mode, person, reason: 'A rehearsal on demand', drill, ...last });
  }
  if (tabletop === true || inject.length > 0 || expect.length > 0)
    throw new HoldfastError(
      'bad-usage',
      `The drill ${name} says itself what it expects and what goes wrong.`,
      {
        hint: 'Leave --tabletop, --inject and --expect out, or --drill.',
      },
    );
  const rules = Object.fromEntries(runbook.drills.map((rule) => [rule.name, rule]));
  const reason = `The drill ${name} of the policy, held by hand`;
  return drillInput(policy, runbook, named(rules, name, 'drill'), { person, reason, ...last });
}

/** `fail:STEP` or `absent:PERSON`. @throws HoldfastError `bad-usage` when it names nothing that there is */
function injectionOf(
  text: string,
  { steps }: ResolvedRunbook,
  people: readonly { name: string }[],
): Injection {
  const [what, name = ''] = text.split(/:(.*)/s);
  if (what === 'fail' && steps.some(({ id }) => id === name)) return { step: name, what };
  if (what === 'absent' && people.some((person) => person.name === name)) return { person: name, what };
  throw new HoldfastError('bad-usage', `${text} is no surprise that can be chosen.`, {
    hint: 'Write fail:STEP with a step of the runbook, or absent:PERSON with a person of the policy.',
  });
}
