import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import { connectable, type Probe, probe } from '../../sources/postgres/failover/index.ts';
import { askSmoke } from '../../sources/postgres/index.ts';
import type { PreflightFinding, StepReport, StepRun } from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { looked, nothingToUndo, reported } from './said.ts';
import { findingOf } from './sayings.ts';
import type { StepWork } from './step-work.ts';
import { databaseOn, standbyServer } from './things.ts';

type Step = StepOf<'sql.check'>;

const againMs = 500;

/**
 * Queries that answer true, asked again until they do. They run in transactions that can't write: in a drill without a
 * target of its own the real one is asked as it stands, and nothing of it is touched.
 */
export const sqlCheck: StepWork<'sql.check'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const target = targetOf(step, run);
      const found = await probe(target, work);
      const reached = found.kind === 'writable' || found.kind === 'read-only';
      if (reached) return { findings: [findingOf(step, 'ok', found.sentence)] };
      // Before the failover that may be as it is.
      const warning = findingOf(step, 'warning', `${found.sentence} It has to by the time of the step.`);
      return { findings: [{ ...warning, ...lackedBy(found, target) }] };
    }),

  async carryOut(step, run, work) {
    const target = targetOf(step, run);
    if (run.mode === 'drill' && step.drill === undefined) return askAsItStands(target, step, work);
    await askAll(target, step, work);
    return reported(allTrue(target, step));
  },

  check: async (step): Promise<StepReport> => reported(`${step.id} is a check itself.`),

  undo: async () => nothingToUndo('A check changes nothing.'),
};

function targetOf(step: Step, { mode }: StepRun): PostgresTarget {
  return mode === 'real' ? step.target : (step.drill ?? step.target);
}

function lackedBy(found: Probe, target: PostgresTarget): Pick<PreflightFinding, 'lacks'> {
  if (found.kind === 'unknown' && found.hasDatabase) return {};
  return { lacks: [found.kind === 'unknown' ? databaseOn(target, target.database) : standbyServer(target)] };
}

const allTrue = ({ name }: PostgresTarget, { queries }: Step): string =>
  `Every query on ${name} answered true: ${queries.length}.`;

/** What is not true of a server that nobody has switched to says nothing of the step. */
async function askAsItStands(target: PostgresTarget, step: Step, work: Work): Promise<StepReport> {
  const asItStands = `${target.name} was asked as it stands: the step names no target for drills.`;
  const said = await firstUntrue(target, step.queries, step.within, work);
  const exceptions = said === null ? [asItStands] : [asItStands, said];
  return reported(said === null ? allTrue(target, step) : asItStands, { exceptions });
}

/** @throws HoldfastError `mismatch` with what the first query that is not true answered last */
async function askAll(target: PostgresTarget, { queries, within }: Step, work: Work): Promise<void> {
  const deadline = Date.now() + within * 1000;
  for (;;) {
    const left = Math.max(1, (deadline - Date.now()) / 1000);
    const said = await firstUntrue(target, queries, left, work);
    if (said === null) return;
    if (Date.now() + againMs > deadline)
      throw new HoldfastError('mismatch', `${said} It was asked for ${formatDuration(within)}.`, {
        hint: `Look at ${target.name}, and retry.`,
      });
    await pause(againMs, undefined, { signal: work.signal }).catch(() => undefined);
  }
}

async function firstUntrue(
  target: PostgresTarget,
  queries: readonly string[],
  timeout: number,
  work: Work,
): Promise<string | null> {
  for (const query of queries) {
    try {
      const { outcome, sentence } = await askSmoke(connectable(target), query, timeout, work);
      if (outcome !== 'passed') return sentence;
    } catch (error) {
      if (work.signal.aborted) throw error;
      return reasonOf(error).sentence;
    }
  }
  return null;
}
