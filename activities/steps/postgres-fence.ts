import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import { type Probe, probe } from '../../sources/postgres/failover/index.ts';
import { type Fact, knownFacts, type StepRun } from '../../workflows/contract-failover-steps.ts';
import { runPolicyCommand } from '../policy-command.ts';
import type { Work } from '../work.ts';
import { type Means, meansOf } from './fence-means.ts';
import { fencedFact, positionOf, promotedFact } from './postgres-facts.ts';
import { factsNamed, looked, nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type Step = StepOf<'postgres.fence'>;

/** Seconds after a command until nobody may write any more. */
const settle = 15;
const pollMs = 200;

/** Keeps everybody from writing to a server, and looks from the zone of the step that nobody can. */
export const postgresFence: StepWork<'postgres.fence'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const target = targetOf(step, run) ?? step.target;
      const means = meansOf(target, work.zone, run.lost);
      const found = await probe(target, work);
      return {
        findings: [
          ...means.map(({ say }) => findingOf(step, 'ok', say)),
          ...(means.length > 0 ? [] : [findingOf(step, 'warning', noMeans(target, work.zone))]),
          findingOf(step, found.kind === 'unknown' ? 'warning' : 'ok', found.sentence),
        ],
        facts: [{ name: `state of ${target.name}`, value: found.sentence }],
      };
    }),

  async carryOut(step, run, work) {
    const target = targetOf(step, run);
    if (target === null) return simulated(notRehearsed(step));
    const found = await probe(target, work);
    const position: Fact[] =
      found.kind === 'writable' && found.state.written !== null
        ? [positionOf(target.name, { position: found.state.written, at: found.state.at })]
        : [];
    const results = [{ name: fencedFact, value: target.name }, ...position];
    const means = meansOf(target, work.zone, run.lost);
    if (means.length === 0) {
      if (found.kind === 'read-only') return reported(found.sentence, { results });
      throw wordWanted(target, found, noMeans(target, work.zone));
    }
    const failures: string[] = [];
    for (const each of means) {
      const outcome = await runPolicyCommand(work, each.command, environmentOf(step, run, target, each));
      if (outcome.sentence !== null) failures.push(`${each.what} failed: ${outcome.sentence}`);
      const after = await settled(target, work);
      if (!holds(after, each, outcome.outcome)) continue;
      return reported(`${each.done} ${after.sentence}`, { results, exceptions: failures });
    }
    throw await notFenced(target, work, failures);
  },

  async check(step, run, work) {
    const target = targetOf(step, run);
    if (target === null) return simulated(notRehearsed(step));
    const after = await probe(target, work);
    if (after.kind !== 'writable' && after.kind !== 'unknown') return reported(after.sentence);
    throw new HoldfastError('mismatch', `${target.name} is not fenced. ${after.sentence}`, {
      hint: 'Stop it or cut it off before anything is promoted.',
    });
  },

  async undo(step, run, work) {
    const target = targetOf(step, run);
    if (target === null) return nothingToUndo('A drill without a target of its own fences nothing.');
    const instead = promotedBeside(run);
    if (instead !== null)
      return notUndoable(
        `${target.name} stays fenced: ${instead} was promoted, and two primaries would take writes. Make it a standby.`,
      );
    const { cutOff, start } = target;
    const back =
      cutOff?.undo !== undefined && work.zone === cutOff.zone
        ? cutOff.undo
        : work.zone === target.zone
          ? start
          : undefined;
    if (back === undefined)
      return notUndoable(`${target.name} stays fenced: nothing declared brings it back from here.`);
    const outcome = await runPolicyCommand(work, back, environmentOf(step, run, target, null));
    if (outcome.sentence !== null)
      return notUndoable(`${target.name} stays fenced: the command failed: ${outcome.sentence}`);
    return { outcome: 'undone', sentence: `${target.name} was brought back.` };
  },
};

/** What takes writes instead, as far as steps tell: a promotion that stays done, or that somebody says was done. */
function promotedBeside({ results }: StepRun): string | null {
  const [promoted] = factsNamed(results, promotedFact);
  if (promoted !== undefined) return promoted.value;
  const left = factsNamed(results, knownFacts.left).map(({ value }) => value);
  return left.some((action) => action === 'postgres.promote' || action === 'postgres.recover')
    ? 'another server'
    : null;
}

function targetOf(step: Step, { mode }: Pick<StepRun, 'mode'>): PostgresTarget | null {
  return mode === 'real' ? step.target : (step.drill ?? null);
}

/**
 * A server that does not answer is fenced when a command saw to it. Where the command failed, only the host's own word
 * that nobody listens counts, and only to a worker beside it: it may have been stopped by an earlier attempt.
 */
function holds(after: Probe, { kind }: Means, outcome: 'done' | 'failed'): boolean {
  if (after.kind === 'read-only') return true;
  if (outcome === 'done') return after.kind === 'down' || after.kind === 'silent';
  return kind === 'stop' && after.kind === 'down';
}

/** A server that is being stopped answers for a while. */
async function settled(target: PostgresTarget, work: Work): Promise<Probe> {
  const deadline = Date.now() + settle * 1000;
  for (;;) {
    const found = await probe(target, work);
    const alive = found.kind === 'writable' || found.kind === 'unknown';
    if (!alive || Date.now() > deadline) return found;
    await pause(pollMs, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

async function notFenced(target: PostgresTarget, work: Work, failures: string[]): Promise<HoldfastError> {
  const found = await probe(target, work);
  const told = failures.length === 0 ? '' : ` ${failures.join(' ')}`;
  if (found.kind === 'silent' || found.kind === 'down') return wordWanted(target, found, told.trim());
  return new HoldfastError('mismatch', `${target.name} is not fenced. ${found.sentence}${told}`, {
    hint: 'Stop it or cut it off by hand, and retry.',
  });
}

/** Nobody can tell a dead server from one behind a broken network (law 10). */
function wordWanted(target: PostgresTarget, found: Probe, why: string): HoldfastError {
  return new HoldfastError('unreachable', `${found.sentence} ${why}`.trim(), {
    hint: `Only people can say that ${target.name} is dead or can't be written to: the commander's word completes this step.`,
  });
}

const notRehearsed = ({ target }: Step): string =>
  `${target.name} is not fenced: the step names no target for drills.`;

const noMeans = (target: PostgresTarget, zone: string): string =>
  `Nothing is declared that stops ${target.name} or cuts it off from zone ${zone}.`;

function environmentOf(
  step: Step,
  run: StepRun,
  target: PostgresTarget,
  means: Means | null,
): Record<string, string> {
  return {
    HOLDFAST_RUNBOOK: run.runbook,
    HOLDFAST_MODE: run.mode,
    HOLDFAST_STEP: step.id,
    HOLDFAST_TARGET: target.name,
    HOLDFAST_DEED: means?.kind ?? 'undo',
  };
}
