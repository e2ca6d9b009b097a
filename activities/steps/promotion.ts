import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepCommon } from '../../policy/resolved-failover.ts';
import { formatBytes, formatDuration } from '../../policy/units.ts';
import {
  checkWrites,
  connectable,
  type Loss,
  lossOf,
  onTarget,
  type PrimaryPosition,
  type Probe,
  type Promotion,
  probe,
  promote,
  readState,
  requirePromotable,
  requireScratchCopy,
  requireSight,
  type ServerState,
  toReplay,
  withScratchCopy,
} from '../../sources/postgres/failover/index.ts';
import type {
  Fact,
  PreflightFinding,
  StepReport,
  StepRun,
  StepUndoing,
} from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { fencedPosition, isFenced, lossFacts, promotedFact, toReplayFact } from './postgres-facts.ts';
import { nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf } from './sayings.ts';

type Named = Pick<StepCommon, 'id'>;

/** The standby that is promoted, and the primary that it must not be promoted beside. */
export type Pair = { standby: PostgresTarget; primary: PostgresTarget | undefined };

/** What is true of a pair now: whether the standby could be promoted, and what that would lose. */
export async function lookAtPair(
  step: Named,
  { standby, primary }: Pair,
  run: StepRun,
  work: Work,
): Promise<{ findings: PreflightFinding[]; facts: Fact[]; loss: Loss | null; state: ServerState }> {
  const seen = primary === undefined ? null : await probe(primary, work);
  const state = await onTarget(standby, work, readState);
  const findings = [
    promotable(step, standby, state),
    ...(seen === null || primary === undefined ? [] : [besides(step, primary, seen, state, run)]),
    ...warningsOf(step, standby, state),
  ];
  const facts: Fact[] = [
    { name: 'timeline', value: String(state.timeline), number: state.timeline, unit: 'count' },
    ...(seen === null ? [] : [{ name: `state of ${primary?.name}`, value: seen.sentence }]),
  ];
  if (!state.inRecovery)
    return { findings, facts: [...facts, { name: promotedFact, value: standby.name }], loss: null, state };
  const loss = lossOf(state, positionNow(seen, primary, run), run.declaredAt);
  const waiting = toReplay(state);
  return {
    findings,
    facts: [
      ...lossFacts(loss),
      { name: toReplayFact, value: formatBytes(waiting), number: waiting, unit: 'bytes' },
      ...facts,
    ],
    loss,
    state,
  };
}

/**
 * Promotes the standby, once nobody can write to the primary, and checks that it takes writes.
 *
 * @throws HoldfastError `refused` while the primary may take writes, or for a standby that can't be promoted
 */
export async function promotePair({ standby, primary }: Pair, run: StepRun, work: Work): Promise<StepReport> {
  if (primary !== undefined) requireNoWrites(primary, await probe(primary, work));
  const target = connectable(standby);
  const known = primary === undefined ? null : fencedPosition(run, primary.name);
  const promotion = await promote(target, known?.position ?? null, work);
  await checkWrites(target, work);
  const loss = lossOf(promotion.before ?? promotion.after, known, run.declaredAt);
  return tellPromotion(standby, promotion, loss);
}

/** @throws HoldfastError `mismatch` where it takes no writes, or where the former primary takes them as well */
export async function checkPair({ standby, primary }: Pair, run: StepRun, work: Work): Promise<StepReport> {
  const found = await probe(standby, work);
  if (found.kind !== 'writable')
    throw new HoldfastError('mismatch', `${standby.name} is not the primary. ${found.sentence}`);
  await checkWrites(connectable(standby), work);
  if (primary !== undefined && run.mode === 'real') requireNoWrites(primary, await probe(primary, work));
  return reported(`${standby.name} takes writes, on timeline ${found.state.timeline}.`);
}

/** Seconds that a standby which was asked to promote may take until it shows. */
const promotionShows = 10;

/**
 * There is no way back from a promotion. One that an attempt only asked for, and that died with it, may be under way: it is
 * waited for, since what was fenced would be given back beside it.
 */
export async function undoPromotion({ standby }: Pick<Pair, 'standby'>, work: Work): Promise<StepUndoing> {
  const deadline = Date.now() + promotionShows * 1000;
  for (;;) {
    const found = await probe(standby, work);
    if (found.kind !== 'read-only')
      return notUndoable(
        `${standby.name} was promoted, and only failing back undoes that. ${found.sentence}`,
      );
    if (Date.now() > deadline) return nothingToUndo(`${standby.name} is still a standby.`);
    await pause(500, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

/** Two servers that take writes are two truths: nothing brings them together again. */
function requireNoWrites(primary: PostgresTarget, seen: Probe): void {
  if (seen.kind !== 'writable' && seen.kind !== 'unknown') return;
  throw new HoldfastError('refused', `${primary.name} is not fenced. ${seen.sentence}`, {
    hint: 'With two primaries data is lost whatever comes then. Fence it first: stop it, or cut it off from here too.',
  });
}

function promotable(step: Named, standby: PostgresTarget, state: ServerState): PreflightFinding {
  try {
    requirePromotable(connectable(standby), state);
    requireSight(standby, state);
  } catch (error) {
    return findingOf(step, 'fault', reasonOf(error).sentence);
  }
  if (!state.inRecovery)
    return findingOf(step, 'ok', `${standby.name} is promoted already, on timeline ${state.timeline}.`);
  return findingOf(step, 'ok', `${standby.name} is a standby on timeline ${state.timeline}.`);
}

/** A primary that takes writes is a fault only where it was fenced: a look may come long before that. */
function besides(
  step: Named,
  primary: PostgresTarget,
  seen: Probe,
  state: ServerState,
  run: StepRun,
): PreflightFinding {
  const systemId = 'state' in seen ? seen.state.systemId : state.systemId;
  if (systemId !== state.systemId)
    return findingOf(step, 'fault', `The standby is none of ${primary.name}: it is of another cluster.`);
  if (seen.kind !== 'writable' && seen.kind !== 'unknown') return findingOf(step, 'ok', seen.sentence);
  if (!state.inRecovery || isFenced(run, primary.name))
    return findingOf(step, 'fault', `${primary.name} was to be fenced, and is there. ${seen.sentence}`);
  return findingOf(step, 'ok', `${seen.sentence} It is to be fenced before.`);
}

function warningsOf(step: Named, standby: PostgresTarget, state: ServerState): PreflightFinding[] {
  const warnings: string[] = [];
  if (state.inRecovery && state.delay > 0)
    warnings.push(
      `${standby.name} replays ${formatDuration(state.delay)} late on purpose: promotion replays the rest at once.`,
    );
  if (state.synchronousStandbys !== '')
    warnings.push(
      `${standby.name} has synchronous_standby_names set: once promoted, commits wait for standbys that it may not have.`,
    );
  return warnings.map((sentence) => findingOf(step, 'warning', sentence));
}

export async function lookAtScratch(
  step: Named,
  standby: PostgresTarget,
  work: Work,
): Promise<PreflightFinding> {
  try {
    await requireScratchCopy(standby, work);
    return findingOf(step, 'ok', `This worker can make a scratch copy of ${standby.name}.`);
  } catch (error) {
    if (work.signal.aborted) throw error;
    return findingOf(step, 'fault', reasonOf(error).sentence);
  }
}

/** The primary's own position where it answers, else what was seen when it was fenced. */
function positionNow(
  seen: Probe | null,
  primary: PostgresTarget | undefined,
  run: StepRun,
): PrimaryPosition | null {
  if (seen?.kind === 'writable' && seen.state.written !== null)
    return { position: seen.state.written, at: seen.state.at };
  return primary === undefined ? null : fencedPosition(run, primary.name);
}

/** The drill of a promotion: of a copy that is destroyed afterwards. What it would lose is that of the standby itself. */
export async function promoteScratchCopy(
  step: Named,
  { standby, primary }: Pair,
  run: StepRun,
  work: Work,
): Promise<StepReport> {
  const seen = primary === undefined ? null : await probe(primary, work);
  const state = await onTarget(standby, work, readState);
  const loss = lossOf(state, positionNow(seen, primary, run), run.declaredAt);
  const workflowId = `${run.workflowId}/${step.id}`;
  const promotion = await withScratchCopy(standby, { workflowId }, work, async (copy) => {
    const made = await promote(copy, null, work);
    await checkWrites(copy, work);
    return made;
  });
  const told = tellPromotion(standby, promotion, loss);
  return { ...told, sentence: `A scratch copy of ${told.sentence} The copy is gone.` };
}

function tellPromotion(
  { name }: PostgresTarget,
  { before, after, seconds }: Promotion,
  loss: Loss,
): StepReport {
  const results: Fact[] = [
    { name: promotedFact, value: name },
    { name: 'timeline', value: String(after.timeline), number: after.timeline, unit: 'count' },
    ...(before === null
      ? []
      : [{ name: 'timeline before', value: String(before.timeline), number: before.timeline }]),
    ...lossFacts(loss),
  ];
  const told =
    before === null
      ? `${name} had been promoted before, and is on timeline ${after.timeline}.`
      : `${name} was promoted in ${formatDuration(seconds)}, from timeline ${before.timeline} to ${after.timeline}, and takes writes.`;
  const lost =
    loss.bytes !== null && loss.bytes > 0
      ? ` ${formatBytes(loss.bytes)} of the log never arrived: what was committed after ${loss.newestData ?? 'an unknown time'} is lost.`
      : '';
  return reported(`${told}${lost}`, { results, exceptions: loss.measured ? [] : [unknownLoss(loss)] });
}

const unknownLoss = ({ newestData }: Loss): string =>
  `Nobody can say how much the primary wrote after ${newestData ?? 'the newest data that the standby has'}: it did not answer any more.`;
