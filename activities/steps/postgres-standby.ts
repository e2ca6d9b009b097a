import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { formatBytes } from '../../policy/units.ts';
import {
  dropKept,
  examineDirectory,
  lossOf,
  type Probe,
  probe,
  type Rejoined,
  rejoin,
  requireSight,
} from '../../sources/postgres/failover/index.ts';
import type { Fact, PreflightFinding, StepReport, StepRun } from '../../workflows/contract-failover.ts';
import { runPolicyCommand } from '../policy-command.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { looked, nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type Step = StepOf<'postgres.standby'>;

type Order = { target: PostgresTarget; primary: PostgresTarget };

const pollMs = 250;
/** Seconds until a server that was started follows. */
const followWithin = 300;
/** Seconds that a standby which an earlier attempt started may still need. */
const settle = 15;

/** Makes a server a standby of another: rewound where it can be, else copied anew. */
export const postgresStandby: StepWork<'postgres.standby'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const { target, primary } = orderOf(step, run) ?? step;
      const [seen, leads] = await Promise.all([probe(target, work), probe(primary, work)]);
      const missing = missingOf(target);
      const findings: PreflightFinding[] = [
        ...missing.map((sentence) => findingOf(step, 'fault', sentence)),
        findingOf(step, leads.kind === 'writable' ? 'ok' : 'warning', leads.sentence),
        ...(missing.length > 0 ? [] : [await lookAtDirectory(step, target, seen, work)]),
      ];
      return { findings, facts: [{ name: `state of ${target.name}`, value: seen.sentence }] };
    }),

  async carryOut(step, run, work) {
    const order = orderOf(step, run);
    if (order === null) return simulated(`${step.target.name} is left as it is: ${noTarget}`);
    const { target, primary } = order;
    const [missing] = missingOf(target);
    if (missing !== undefined) throw new HoldfastError('bad-policy', missing);
    const leads = await requirePrimary(primary, work);
    requireSight(primary, leads.state);
    const seen = await waited(order, leads, settle, work);
    if (follows(seen, order, leads)) return tell(order, seen, leads, null);
    requireNoWrites(target, seen);
    const stopped = await stopIfRunning(step, run, target, seen, work);
    let rejoined = await rejoinTo(order, run, !stopped, work);
    let fault = await startAndWait(step, run, order, leads, work);
    if (fault !== null && rejoined.how === 'prepared') {
      await stopIfRunning(step, run, target, await probe(target, work), work);
      rejoined = await rejoinTo(order, run, false, work);
      fault = await startAndWait(step, run, order, leads, work);
    }
    if (fault !== null) throw fault;
    await dropKept(directoryOf(target));
    return tell(order, await probe(target, work), leads, rejoined);
  },

  async check(step, run, work) {
    const order = orderOf(step, run);
    if (order === null) return simulated(`${step.target.name} is left as it is: ${noTarget}`);
    const leads = await requirePrimary(order.primary, work);
    const seen = await probe(order.target, work);
    if (follows(seen, order, leads)) return tell(order, seen, leads, null);
    throw notFollowing(order, seen);
  },

  async undo(step, run) {
    if (orderOf(step, run) === null) return nothingToUndo('A drill without targets of its own makes none.');
    return notUndoable(`${step.target.name} stays a standby: what it was before is gone, or lies aside.`);
  },
};

const noTarget = 'the step names no targets for drills.';

function orderOf(step: Step, { mode }: Pick<StepRun, 'mode'>): Order | null {
  return mode === 'real' ? { target: step.target, primary: step.primary } : (step.drill ?? null);
}

function missingOf({ name, directory, start }: PostgresTarget): string[] {
  const needs = Object.entries({ directory, start }).filter(([, value]) => value === undefined);
  return needs.map(([key]) => `The target ${name} has no \`${key}\`, which making it a standby needs.`);
}

function directoryOf({ directory }: PostgresTarget): string {
  return directory ?? '';
}

async function lookAtDirectory(
  step: Step,
  target: PostgresTarget,
  seen: Probe,
  work: Work,
): Promise<PreflightFinding> {
  if (seen.kind === 'writable' || seen.kind === 'read-only') return findingOf(step, 'ok', seen.sentence);
  try {
    const found = await examineDirectory(directoryOf(target), work);
    const how =
      found.kind === 'cluster' && found.rewindable
        ? 'it can be rewound'
        : 'it will be copied anew, and what is there is kept aside';
    return findingOf(step, 'ok', `${target.directory} of ${target.name} was looked at: ${how}.`);
  } catch (error) {
    if (work.signal.aborted) throw error;
    return findingOf(step, 'fault', reasonOf(error).sentence);
  }
}

type Leading = Extract<Probe, { kind: 'writable' }>;

async function requirePrimary(primary: PostgresTarget, work: Work): Promise<Leading> {
  const found = await probe(primary, work);
  if (found.kind === 'writable') return found;
  throw new HoldfastError('refused', `Nothing can follow ${primary.name}. ${found.sentence}`, {
    hint: 'A standby is made of a primary that takes writes.',
  });
}

function requireNoWrites({ name }: PostgresTarget, seen: Probe): void {
  if (seen.kind !== 'writable' && seen.kind !== 'unknown') return;
  throw new HoldfastError('refused', `${name} would lose what is written to it. ${seen.sentence}`, {
    hint: 'Fence it first: a server that takes writes is never rebuilt.',
  });
}

/** Whether a server receives the log of this primary, on its timeline. */
function follows(seen: Probe, { primary }: Order, leads: Leading): boolean {
  return (
    seen.kind === 'read-only' &&
    seen.state.upstream === `${primary.host}:${primary.port}` &&
    seen.state.systemId === leads.state.systemId &&
    seen.state.timeline >= leads.state.timeline
  );
}

async function waited(order: Order, leads: Leading, seconds: number, work: Work): Promise<Probe> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await probe(order.target, work);
    const hopeless = seen.kind === 'writable' || (seconds === settle && seen.kind !== 'read-only');
    if (hopeless || follows(seen, order, leads) || Date.now() > deadline) return seen;
    await pause(pollMs, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

/** @returns whether it ran: then what is in its directory did not follow, and is made anew */
async function stopIfRunning(
  step: Step,
  run: StepRun,
  target: PostgresTarget,
  seen: Probe,
  work: Work,
): Promise<boolean> {
  if (seen.kind !== 'read-only' && seen.kind !== 'unknown') return false;
  if (target.stop === undefined)
    throw new HoldfastError('bad-policy', `${target.name} runs, and has no \`stop\`. ${seen.sentence}`);
  await command(step, run, target, target.stop, work);
  return true;
}

async function rejoinTo(
  { target, primary }: Order,
  { workflowId }: StepRun,
  prepared: boolean,
  work: Work,
): Promise<Rejoined> {
  work.report({ phase: `making ${target.name} a standby`, bytes: 0, bytesPerSecond: 0, elapsed: 0 });
  return rejoin({ target, directory: directoryOf(target), primary, workflowId, prepared }, work);
}

/** Null once it follows. */
async function startAndWait(
  step: Step,
  run: StepRun,
  order: Order,
  leads: Leading,
  work: Work,
): Promise<HoldfastError | null> {
  const { target } = order;
  try {
    if (target.start !== undefined) await command(step, run, target, target.start, work);
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    return error;
  }
  const seen = await waited(order, leads, followWithin, work);
  return follows(seen, order, leads) ? null : notFollowing(order, seen);
}

const notFollowing = ({ target, primary }: Order, seen: Probe): HoldfastError =>
  new HoldfastError('mismatch', `${target.name} does not follow ${primary.name}. ${seen.sentence}`, {
    hint: 'Its own log says why. Try again: then it is copied anew.',
  });

async function command(
  step: Step,
  run: StepRun,
  target: PostgresTarget,
  order: PolicyCommand,
  work: Work,
): Promise<void> {
  const { sentence } = await runPolicyCommand(work, order, {
    HOLDFAST_RUNBOOK: run.runbook,
    HOLDFAST_MODE: run.mode,
    HOLDFAST_STEP: step.id,
    HOLDFAST_TARGET: target.name,
  });
  if (sentence !== null) throw new HoldfastError('process-failed', `${target.name}: ${sentence}`);
}

function tell(
  { target, primary }: Order,
  seen: Probe,
  leads: Leading,
  rejoined: Rejoined | null,
): StepReport {
  const lag =
    seen.kind === 'read-only' && leads.state.written !== null
      ? lossOf(seen.state, { position: leads.state.written, at: leads.state.at }, leads.state.at)
      : null;
  const results: Fact[] = [
    { name: 'standby', value: target.name },
    ...(lag?.bytes === null || lag === null
      ? []
      : [{ name: 'bytes to catch up', value: formatBytes(lag.bytes), number: lag.bytes }]),
    ...(rejoined?.keptAs === null || rejoined === null
      ? []
      : [{ name: 'kept aside', value: rejoined.keptAs }]),
  ];
  const sentence = `${target.name} follows ${primary.name}${howSaid(rejoined)}.`;
  return reported(sentence, { results, output: rejoined?.output?.slice(-4000) ?? null });
}

function howSaid(rejoined: Rejoined | null): string {
  if (rejoined === null) return ' already';
  const { how, because, keptAs } = rejoined;
  if (how === 'prepared') return ', as an earlier attempt prepared it';
  if (how === 'rewound') return ', after it was rewound';
  const kept = keptAs === null ? '' : `; what was there is kept in ${keptAs}`;
  return `, after it was copied anew, since ${because}${kept}`;
}
