import { HoldfastError } from '../policy/errors.ts';
import type { Person, ResolvedPolicy } from '../policy/resolved.ts';
import type { Disaster } from '../policy/resolved-communication.ts';
import { type DisasterClass, disasterClasses, type ResolvedRunbook } from '../policy/resolved-failover.ts';
import { taskQueueOf } from '../workflows/contract.ts';
import type { FailoverInput } from '../workflows/contract-failover.ts';
import { failoverNamespace } from '../workflows/contract-failover-messages.ts';
import { requestLifetime } from '../workflows/contract-request.ts';
import { declarationText } from '../workflows/failover/text.ts';
import { named } from './backups.ts';
import type { Context } from './context.ts';
import { failoverInput, runbookNamed, runIdFor } from './failovers.ts';
import { keyFileOf, personNamed, signAsPerson } from './personal-signature.ts';

/** How a person says what happened: by a runbook, by a disaster of the policy, or by how grave it is. */
export type What = {
  runbook?: string | undefined;
  disaster?: string | undefined;
  class?: string | undefined;
};

/**
 * The runbook that is run, and the disaster that chose it.
 *
 * @param question what is said where none of them is named, or several are
 * @throws HoldfastError `bad-usage` when it is not clear which
 */
export function chosen(
  policy: ResolvedPolicy,
  what: What,
  question = 'Say what happened: one runbook, --disaster NAME, or --class CLASS.',
): { runbook: ResolvedRunbook; disaster?: Disaster } {
  const given = [what.runbook, what.disaster, what.class].filter((word) => word !== undefined);
  if (given.length !== 1)
    throw new HoldfastError('bad-usage', question, {
      hint: `${knownRunbooks(policy)} ${knownDisasters(policy)}`,
    });
  if (what.runbook !== undefined) return { runbook: runbookNamed(policy, what.runbook) };
  const disaster =
    what.disaster === undefined
      ? onlyOfClass(policy, what.class ?? '')
      : named(policy.disasters, what.disaster, 'disaster');
  return { runbook: runbookNamed(policy, disaster.runbook), disaster };
}

function onlyOfClass(policy: ResolvedPolicy, word: string): Disaster {
  const grave: DisasterClass | undefined = disasterClasses.find((each) => each === word);
  if (grave === undefined)
    throw new HoldfastError('bad-usage', `There is no class ${word}.`, {
      hint: `There is ${disasterClasses.join(', ')}.`,
    });
  const fitting = Object.values(policy.disasters).filter((disaster) => disaster.class === grave);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  throw new HoldfastError(
    'bad-usage',
    fitting.length === 0
      ? `The policy has no disaster of class ${grave}.`
      : `The policy has several disasters of class ${grave}: ${fitting.map(({ name }) => name).join(', ')}.`,
    { hint: fitting.length === 0 ? knownDisasters(policy) : 'Name one with --disaster.' },
  );
}

const knownRunbooks = ({ runbooks }: ResolvedPolicy): string =>
  Object.keys(runbooks).length === 0
    ? 'The policy has no runbooks: `holdfast init --runbook site-loss` writes one.'
    : `The policy has the runbooks ${Object.keys(runbooks).join(', ')}.`;

const knownDisasters = ({ disasters }: ResolvedPolicy): string =>
  Object.keys(disasters).length === 0
    ? 'It has no `disasters`.'
    : `It has the disasters ${Object.values(disasters)
        .map((each) => `${each.name} (${each.class}, runbook ${each.runbook})`)
        .join(', ')}.`;

/** A disaster for people: whom declaring it calls and tells. */
export function disasterLines({ name, class: grave, say, severity, roles, tell }: Disaster): string[] {
  return [
    `disaster ${name} (${grave})${say === '' ? '' : `: ${say}`}`,
    `  calls ${roles.join(', ')} (${severity})${tell.length === 0 ? '' : `; tells ${tell.join(', ')}`}`,
  ];
}

/**
 * The input of a real run, with the signature of whoever declares it where the runbook wants signatures.
 *
 * @throws HoldfastError `bad-usage` without a key, `bad-key` when it can't be signed with it
 */
export async function declared(
  context: Context,
  input: FailoverInput,
  person: Person,
  signWith: string | undefined,
): Promise<FailoverInput> {
  const wanted = input.mode === 'real' && input.runbook.signatures.real === 'signed';
  if (!wanted && signWith === undefined) return input;
  const at = new Date().toISOString();
  const text = declarationText(input, { workflowId: runIdFor(input.runbook.name, input.mode), at });
  const identity = { as: person.name, ...(signWith === undefined ? {} : { signWith }) };
  const keyFile = keyFileOf(identity, 'The declaration of this runbook');
  for (const line of text.trimEnd().split('\n')) context.remark(`  ${line}`);
  const signature = await signAsPerson(context, text, failoverNamespace, { person, keyFile });
  return { ...input, declaration: { at, signature } };
}

/**
 * The whole input of a real run, signed, for whoever starts it in Temporal's Web UI: as a workflow `failover` with the id
 * `failover/RUNBOOK`, on the task queue of the runbook's zone.
 *
 * @throws HoldfastError as `declared`; `bad-usage` for a disaster of another runbook
 */
export async function signedStart(
  context: Context,
  name: string,
  {
    as,
    reason,
    signWith,
    disaster: said,
  }: { as: string; reason?: string; signWith?: string; disaster?: string },
): Promise<FailoverInput> {
  const { policy } = await context.loadPolicy();
  const runbook = runbookNamed(policy, name);
  const disaster = said === undefined ? undefined : named(policy.disasters, said, 'disaster');
  if (disaster !== undefined && disaster.runbook !== name)
    throw new HoldfastError(
      'bad-usage',
      `The disaster ${disaster.name} has the runbook ${disaster.runbook}.`,
    );
  if (reason === undefined)
    throw new HoldfastError('bad-usage', 'Why a disaster is declared is recorded and told.', {
      hint: 'Add --reason "…".',
    });
  const person = personNamed(policy.people, as);
  const about = { mode: 'real' as const, person: person.name, reason };
  const input = failoverInput(policy, runbook, disaster === undefined ? about : { ...about, disaster });
  context.remark(
    `Start the workflow failover with the id ${runIdFor(name, 'real')} on the task queue ${taskQueueOf(runbook.zone)}, within ${requestLifetime / 60} minutes.`,
  );
  return declared(context, input, person, signWith);
}
