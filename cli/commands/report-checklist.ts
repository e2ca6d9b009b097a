import { type Command, Option } from 'commander';
import { HoldfastError } from '../../policy/errors.ts';
import { nearest } from '../../policy/nearest.ts';
import type { Person, ResolvedPolicy } from '../../policy/resolved.ts';
import { type Checklist, checklistMarkdown, type DutyPeriod, periods } from '../../reports/checklist.ts';
import type { Act } from '../act.ts';
import { type DocumentOptions, documentOptions, giveOut } from '../document-out.ts';
import { dutiesOf, operations } from '../documents/duties.ts';
import { keyEnds } from '../documents/key-ends.ts';
import { waitingNow } from '../documents/waiting.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

type Options = DocumentOptions & { period?: DutyPeriod };

export function addReportChecklist(report: Command, act: Act): void {
  const [format, html] = documentOptions();
  report
    .command('checklist')
    .description('what each role does daily, weekly, monthly and quarterly, and what waits for it now')
    .argument('[role]', `only this role's or person's; what belongs to no role is ${operations}'`)
    .addOption(new Option('--period <period>', 'only what comes so often').choices(periods))
    .addOption(format)
    .addOption(html)
    .addHelpText(
      'after',
      examples(
        'holdfast report checklist',
        'holdfast report checklist dba --period quarterly --html dba.html',
      ),
    )
    .action(
      act<Options>(async (context, { period, ...given }, [name]) => {
        const { policy } = await context.loadPolicy();
        const at = new Date().toISOString();
        const ends = await keyEnds(policy);
        const now = await waitingNow(context, policy);
        const duties = dutiesOf(policy, ends.keys, at).filter(
          (duty) => period === undefined || duty.period === period,
        );
        const names = namesFor(policy, name);
        const isTheirs = ({ who }: { who: string }) => names === null || names.includes(who);
        const own = duties.filter(isTheirs);
        const checklist: Checklist = {
          organization: policy.organization,
          policyHash: policy.hash,
          at,
          of: name ?? null,
          duties: own,
          waiting: now.waiting.filter(isTheirs),
          holders: holdersOf(
            policy.people,
            own.map(({ who }) => who),
          ),
          exceptions: [...ends.exceptions, ...now.exceptions],
        };
        await giveOut(context, given, { markdown: checklistMarkdown(checklist), facts: checklist });
        for (const sentence of checklist.exceptions) context.remark(sentence);
        return exit.done;
      }),
    );
}

/** Whose duties are meant: a role's, or a person's own and those of their roles; null for everybody's. */
function namesFor({ people, deletion }: ResolvedPolicy, name: string | undefined): string[] | null {
  if (name === undefined) return null;
  const person = people.find((each) => each.name === name);
  if (person !== undefined) return [name, ...person.roles];
  const roles = [...new Set([operations, deletion.role, ...people.flatMap((each) => each.roles)])];
  if (roles.includes(name)) return [name];
  const near = nearest(name, [...roles, ...people.map((each) => each.name)]);
  throw new HoldfastError('bad-usage', `Nobody of the policy has the role ${name}, or that name.`, {
    hint: near === null ? `There are: ${roles.slice(0, 12).join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** Who holds the roles; people themselves hold none. */
function holdersOf(people: readonly Person[], names: readonly string[]): Checklist['holders'] {
  const roles = [...new Set(names)].filter(
    (name) => name !== operations && !people.some((each) => each.name === name),
  );
  return Object.fromEntries(
    roles.map((role) => [role, people.filter((each) => each.roles.includes(role)).map((each) => each.name)]),
  );
}
