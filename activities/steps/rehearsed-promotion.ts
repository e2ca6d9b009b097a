/** What a drill that promoted a server of its own leaves behind: a standby again, ready for the next drill. */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { DrilledStandby, PostgresTarget, StepCommon } from '../../policy/resolved-failover.ts';
import { type Probe, probe, type ServerState } from '../../sources/postgres/failover/index.ts';
import {
  knownFacts,
  type PreflightFinding,
  type StepRun,
  type StepUndoing,
} from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { directoryOf, keptAsideFact, makeFollow, missingOf, runOnTarget } from './following.ts';
import { isFenced, toReplayFact } from './postgres-facts.ts';
import { type Pair, undoPromotion } from './promotion.ts';
import { factsNamed, notUndoable } from './said.ts';
import { findingOf } from './sayings.ts';

type Step = Pick<StepCommon, 'id'> & DrilledStandby;

/** Seconds after the command until a server that is stopped answers no more. */
const settle = 15;

/** The servers of a drill, of which the primary counts once the drill has fenced it; null: the step names none. */
export function rehearsedPair({ drill, drillPrimary }: DrilledStandby, run: StepRun): Pair | null {
  if (drill === undefined) return null;
  const fenced = drillPrimary !== undefined && isFenced(run, drillPrimary.name);
  return { standby: drill, primary: fenced ? drillPrimary : undefined };
}

/** Whether the server for drills is there to be promoted, and what becomes of it afterwards. */
export function lookAtRehearsed(
  step: Step,
  drill: PostgresTarget,
  state: ServerState,
  run: StepRun,
  work: Work,
): PreflightFinding[] {
  const stays = whyItStays(step, drill, work).map((why) =>
    findingOf(step, 'warning', `After a drill ${drill.name} stays promoted: ${why}`),
  );
  const known = run.results[step.id] ?? [];
  if (state.inRecovery || known.some(({ name }) => name === toReplayFact)) return stays;
  const said = `${drill.name} is no standby, so that nothing would be rehearsed: an earlier drill left it promoted, or somebody did it. Make it a standby again.`;
  return [...stays, findingOf(step, 'fault', said)];
}

/**
 * Takes back the promotion of a drill, in two calls: first the server is stopped, and the run gives back what was fenced;
 * then, told so, it is made to follow that again.
 */
export async function undoRehearsed(
  step: Step,
  drill: PostgresTarget,
  run: StepRun,
  work: Work,
): Promise<StepUndoing> {
  const primary = step.drillPrimary;
  const again = run.results[step.id]?.some(({ name }) => name === knownFacts.again) ?? false;
  if (again && primary !== undefined) return followAgain(step, drill, primary, run, work);
  const found = await undoPromotion({ standby: drill }, work);
  if (found.outcome !== 'not-undoable') return found;
  const [why] = [...whyItStays(step, drill, work), ...swapped(run)];
  if (why !== undefined || primary === undefined)
    return notUndoable(`${drill.name} stays promoted: ${why} The next drill can't promote it.`);
  try {
    if (drill.stop !== undefined) await runOnTarget(step, run, drill, drill.stop, work);
  } catch (error) {
    if (work.signal.aborted) throw error;
    const seen = await probe(drill, work);
    if (answers(seen)) return notUndoable(`${drill.name} stays promoted: ${reasonOf(error).sentence}`);
  }
  const seen = await silent(drill, work);
  if (answers(seen))
    return notUndoable(`${drill.name} stays promoted, and was to be stopped. ${seen.sentence}`);
  return { outcome: 'undone', sentence: `${drill.name} was stopped, to follow ${primary.name} again.` };
}

async function followAgain(
  step: Step,
  target: PostgresTarget,
  primary: PostgresTarget,
  run: StepRun,
  work: Work,
): Promise<StepUndoing> {
  try {
    const { sentence, results } = await makeFollow(step, { target, primary }, run, work);
    const aside = results.find(({ name }) => name === keptAsideFact)?.value;
    // Nothing but this drill wrote to it (law 13).
    if (aside?.startsWith(`${directoryOf(target)}.before-`) === true)
      await rm(aside, { recursive: true, force: true, maxRetries: 3 });
    return { outcome: 'undone', sentence };
  } catch (error) {
    if (work.signal.aborted) throw error;
    return notUndoable(
      `${target.name} is stopped, and no standby of ${primary.name}: ${reasonOf(error).sentence} The next drill can't promote it.`,
    );
  }
}

/** What keeps a server from being made a standby again; empty when nothing does. */
function whyItStays({ drillPrimary }: Step, drill: PostgresTarget, { zone }: Work): string[] {
  if (drillPrimary === undefined)
    return ['the step does not say what it follows: name it as `primary` beside the target of `drill`.'];
  const without = drill.stop === undefined ? [`The target ${drill.name} has no \`stop\`.`] : [];
  const away = drill.zone === zone ? [] : [`it stands in zone ${drill.zone}, and the step runs in ${zone}.`];
  return [...missingOf(drill), ...without, ...away];
}

/** Where the drill has made another server follow, this one is a primary for good. */
const swapped = ({ results }: StepRun): string[] =>
  factsNamed(results, knownFacts.left).some(({ value }) => value === 'postgres.standby')
    ? ['another server was made to follow it in this drill.']
    : [];

const answers = ({ kind }: Probe): boolean => kind === 'writable' || kind === 'unknown';

async function silent(drill: PostgresTarget, work: Work): Promise<Probe> {
  const deadline = Date.now() + settle * 1000;
  for (;;) {
    const seen = await probe(drill, work);
    if (!answers(seen) || Date.now() > deadline) return seen;
    await pause(200, undefined, { signal: work.signal }).catch(() => undefined);
  }
}
