/** How a server is made to follow another: rewound where it can be, else copied anew, then started and waited for. */
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepCommon } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { formatBytes } from '../../policy/units.ts';
import {
  dropKept,
  lossOf,
  type Probe,
  probe,
  type Rejoined,
  rejoin,
  requireSight,
} from '../../sources/postgres/failover/index.ts';
import type { Fact, StepReport, StepRun } from '../../workflows/contract-failover-steps.ts';
import { runPolicyCommand } from '../policy-command.ts';
import type { Work } from '../work.ts';
import { reported } from './said.ts';

type Step = Pick<StepCommon, 'id'>;

/** A server, and what it is to follow. */
export type Order = { target: PostgresTarget; primary: PostgresTarget };

const pollMs = 250;
/** Seconds until a server that was started follows. */
const followWithin = 300;
/** Seconds that a standby which an earlier attempt started may still need. */
const settle = 15;

/** Where what was in its directory is kept, of a server that was copied anew. */
export const keptAsideFact = 'kept aside';

/**
 * Makes a server a standby of another, and waits until it follows. What an earlier attempt did is found and not done again.
 *
 * @throws HoldfastError `bad-policy` where the target lacks what that needs, `refused` while it takes writes or the other
 *   one doesn't, `mismatch` where it does not follow in the end
 */
export async function makeFollow(step: Step, order: Order, run: StepRun, work: Work): Promise<StepReport> {
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
}

/** @throws HoldfastError `mismatch` where it does not follow, `refused` where there is nothing to follow */
export async function checkFollows(order: Order, work: Work): Promise<StepReport> {
  const leads = await requirePrimary(order.primary, work);
  const seen = await probe(order.target, work);
  if (follows(seen, order, leads)) return tell(order, seen, leads, null);
  throw notFollowing(order, seen);
}

/** What a target lacks that a standby is made with. */
export function missingOf({ name, directory, start }: PostgresTarget): string[] {
  const needs = Object.entries({ directory, start }).filter(([, value]) => value === undefined);
  return needs.map(([key]) => `The target ${name} has no \`${key}\`, which making it a standby needs.`);
}

export function directoryOf({ directory }: PostgresTarget): string {
  return directory ?? '';
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
  await runOnTarget(step, run, target, target.stop, work);
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
    if (target.start !== undefined) await runOnTarget(step, run, target, target.start, work);
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

/** @throws HoldfastError `process-failed` with what the command said */
export async function runOnTarget(
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
      : [{ name: keptAsideFact, value: rejoined.keptAs }]),
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
