import { createHash } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import { hasWorker } from '../schedules/index.ts';
import type { FailoverProgress, StepProgress } from '../workflows/contract-failover.ts';
import {
  type FailoverAnswer,
  type FailoverMessageName,
  failoverNamespace,
} from '../workflows/contract-failover-messages.ts';
import { malformed } from '../workflows/failover/forms.ts';
import { messageText } from '../workflows/failover/text.ts';
import { ended, say } from './approvals.ts';
import type { Context } from './context.ts';
import { questionLines } from './failover-print.ts';
import { type DescribedFailover, describeFailover, readFailover } from './failovers.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from './personal-signature.ts';

/** What a person gives on the command line. */
export type Spoken = Identity & {
  step?: string;
  option?: string;
  reason?: string;
  evidence?: string;
  text?: string;
  followUp?: boolean;
  owner?: string;
  due?: string;
  expectation?: string;
  came?: string;
  remark?: string;
  sends?: string;
  note?: string;
};

export type Prepared = {
  described: DescribedFailover;
  name: FailoverMessageName;
  said: Record<string, string> & { by: string };
};

/** Messages that a person can send without seeing the run: they wait for a worker as a Signal. */
const blind: ReadonlySet<FailoverMessageName> = new Set([
  'note',
  'abort',
  'take-over',
  'degrade',
  'retry',
  'skip',
  'complete',
  'outcome',
  'communicate',
]);

/**
 * Shows a person what they answer, and makes their message: signed where the run wants it, or where a key is given.
 *
 * @throws HoldfastError `mismatch` when the text that is approved is not the one that its hash names
 */
export async function prepareMessage(
  context: Context,
  run: string,
  name: FailoverMessageName,
  spoken: Spoken,
): Promise<Prepared> {
  const { policy } = await context.loadPolicy();
  const person = personNamed(policy.people, spoken.as);
  const { client } = await context.temporal();
  const described = await describeFailover(client, run);
  if (!described.running)
    throw ended(
      described.workflowId,
      undefined,
      `\`holdfast failover status ${described.workflowId}\` tells how.`,
    );
  const awake = await hasWorker(client, described.zone);
  const state = awake || !blind.has(name) ? await readFailover(client, described) : null;
  const said = { by: person.name, ...fieldsOf(context, name, spoken, state) };
  const fault = malformed(name, said);
  if (fault !== null) throw new HoldfastError('bad-usage', fault);
  const wants = state?.signatures === 'signed' && !['note', 'reject', 'outcome'].includes(name);
  if (!wants && spoken.signWith === undefined) return { described, name, said };
  const signature = await signAsPerson(context, messageText(described, name, said), failoverNamespace, {
    person,
    keyFile: keyFileOf(spoken, 'What is said to this run'),
  });
  return { described, name, said: { ...said, signature } };
}

function fieldsOf(
  context: Context,
  name: FailoverMessageName,
  { step, option, reason, evidence, text, owner, due, expectation, came, remark, sends, note }: Spoken,
  state: FailoverProgress | null,
): Record<string, string> {
  const plain = Object.fromEntries(
    Object.entries({
      ...{ step, option, reason, evidence, text },
      ...{ owner, due, expectation, came, remark, sends, note },
    }).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])),
  );
  if (name !== 'approve' && name !== 'choose') return plain;
  return { ...plain, hash: seenHash(context, stepOf(state, step ?? ''), state) };
}

function stepOf(state: FailoverProgress | null, id: string): StepProgress {
  const step = state?.steps.find((each) => each.id === id);
  if (step !== undefined) return step;
  throw new HoldfastError('bad-usage', `The run has no step ${id}.`, {
    hint: `It has: ${state?.steps.map((each) => each.id).join(', ') ?? 'none'}.`,
  });
}

/** What is signed is what is shown here, whatever else the run may say of itself. */
function seenHash(context: Context, step: StepProgress, state: FailoverProgress | null): string {
  const { waitsFor, text } = step;
  if (state === null || text === null || (waitsFor?.kind !== 'approval' && waitsFor?.kind !== 'choice'))
    throw new HoldfastError('refused', `${step.id} is ${step.state}, and does not wait for an approval.`);
  const hash = createHash('sha256').update(text).digest('hex');
  if (hash !== step.hash)
    throw new HoldfastError('mismatch', `What ${step.id} shows is not what its hash names.`, {
      hint: 'Abort the run, and find out who changed what.',
    });
  for (const line of text.trimEnd().split('\n')) context.remark(`  ${line}`);
  for (const line of questionLines(state, step).slice(0, 1)) context.remark(line);
  return hash;
}

/**
 * Sends a message: as an Update, whose answer says what became of it; with no worker up as a Signal, which waits for one.
 *
 * @throws HoldfastError `refused` with the reason when it is not followed
 */
export async function sendMessage(context: Context, { described, name, said }: Prepared): Promise<string> {
  const { client } = await context.temporal();
  const { workflowId, zone } = described;
  if (await hasWorker(client, zone)) {
    const { sentence } = await say<object, FailoverAnswer>(client, workflowId, name, said);
    return sentence;
  }
  await client.workflow.getHandle(workflowId).signal(name, said);
  return `No worker of zone ${zone} is up: it is heard as soon as one starts. \`holdfast failover status\` tells what became of it.`;
}
