import { HoldfastError } from '../../policy/errors.ts';
import type { SecretRef } from '../../policy/resolved.ts';
import type { Channel, NotificationRules } from '../../policy/resolved-proof.ts';
import type { PreflightFinding } from '../../workflows/contract-failover-steps.ts';
import { addressOf } from '../post.ts';
import type { Work } from '../work.ts';
import type { StepWork } from './step-work.ts';

/** A message is filled and sent by the run, so that what was approved is what goes out; a look finds what sending needs. */
export const communicate: StepWork<'communicate'> = {
  async look(step, { rules, mode }, work) {
    const say = (outcome: PreflightFinding['outcome'], sentence: string) => ({
      findings: [{ step: step.id, outcome, sentence }],
      facts: [],
      choices: [],
    });
    const [channel] = rules?.channels ?? [];
    if (rules === undefined || channel === undefined)
      return mode === 'drill'
        ? say(
            'warning',
            `A drill sends nothing to ${step.message.audience}: the plan has no channel for drills.`,
          )
        : say('ok', `A person sends it to ${step.message.audience} by hand.`);
    try {
      await lookAtChannel(channel, rules, work);
      return say('ok', `What channel ${channel.name} needs is here.`);
    } catch (error) {
      work.signal.throwIfAborted();
      const sentence = error instanceof HoldfastError ? error.sentence : 'It can not be read.';
      return say('fault', `Nothing can be sent through ${channel.name}: ${sentence}`);
    }
  },
  async carryOut(step) {
    throw misplaced(step.id);
  },
  async check(step) {
    throw misplaced(step.id);
  },
  async undo(step, { mode, results }) {
    const sent = (results[step.id] ?? []).some(({ name }) => name === 'sent at');
    if (!sent || mode !== 'real')
      return { outcome: 'nothing-to-undo', sentence: 'Nothing was sent in earnest.' };
    const { audience } = step.message;
    return { outcome: 'not-undoable', sentence: `What was sent to ${audience} stays sent: tell them.` };
  },
};

/** Reads what the channel needs, and sends nothing. */
async function lookAtChannel(
  channel: Channel,
  { mail }: Pick<NotificationRules, 'mail'>,
  work: Work,
): Promise<void> {
  const read = async (ref: SecretRef | undefined) => {
    if (ref !== undefined) await work.secret(ref);
  };
  if (channel.kind === 'email') return read(mail?.password);
  await addressOf(work, `channel ${channel.name}`, channel.url);
  if (channel.kind === 'webhook') await read(channel.secret);
}

function misplaced(id: string): HoldfastError {
  return new HoldfastError('refused', `The step ${id} (communicate) is done by the run.`, {
    hint: 'Report this as an error of Holdfast.',
  });
}
