import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import { dropRehearsed, lookAtName, probe } from '../../sources/postgres/failover/index.ts';
import type { PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { newestProven } from './proven.ts';
import { factsOf, markOf, newerSaid, nothingProven, restoreProven, serverOf, taken } from './restoring.ts';
import { looked, nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf } from './sayings.ts';
import type { StepWork } from './step-work.ts';
import { databaseOn, writableServer } from './things.ts';

type Step = StepOf<'restore'>;

/** The newest proven backup into a database that does not exist yet. */
export const restore: StepWork<'restore'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const { newest, newer, warnings } = await newestProven(step.plan, run.lost, work);
      const findings = [...warnings, ...newerSaid(newer)].map((said) => findingOf(step, 'warning', said));
      if (newest === null) findings.push(findingOf(step, 'fault', nothingProven(step.plan, []).sentence));
      const server = serverFor(step, run);
      if (server !== null) findings.push(await lookAtServer(step, server, run, work));
      const makes = server === null ? [] : [databaseOn(server, step.database).key];
      return { findings, facts: newest === null ? [] : factsOf(newest), makes };
    }),

  async carryOut(step, run, work) {
    const { plan, database } = step;
    return restoreProven(step, { plan, database, server: serverFor(step, run), former: 'refuse' }, run, work);
  },

  async check(step, run, work) {
    const server = serverFor(step, run);
    if (server === null) return reported('The scratch place was compared, and is gone.');
    const { kind } = await lookAtName(serverOf(server), step.database, markOf(step, run), work);
    if (kind === 'done') return reported(`${step.database} on ${server.name} is the one that was restored.`);
    throw new HoldfastError('mismatch', `${step.database} on ${server.name} is not what was restored.`);
  },

  async undo(step, run, work) {
    const server = serverFor(step, run);
    if (server === null) return nothingToUndo('The scratch place is gone.');
    if (run.mode === 'real')
      return notUndoable(`${step.database} stays on ${server.name}: people may have written to it.`);
    const gone = await dropRehearsed(serverOf(server), step.database, work);
    return gone
      ? { outcome: 'undone', sentence: `${step.database} was removed from ${server.name}.` }
      : nothingToUndo(`${server.name} has no database of a drill.`);
  },
};

function serverFor(step: Step, { mode }: StepRun): PostgresTarget | null {
  return mode === 'real' ? step.target : (step.drill ?? null);
}

async function lookAtServer(
  step: Step,
  server: PostgresTarget,
  run: StepRun,
  work: Work,
): Promise<PreflightFinding> {
  const found = await probe({ ...server, database: 'postgres' }, work);
  if (found.kind !== 'writable') {
    const fault = findingOf(step, 'fault', found.sentence);
    return found.kind === 'read-only' ? { ...fault, lacks: [writableServer(server)] } : fault;
  }
  const { kind } = await lookAtName(serverOf(server), step.database, markOf(step, run), work);
  if (kind === 'taken') return findingOf(step, 'fault', taken(step.database, server.name).sentence);
  return findingOf(step, 'ok', `${server.name} has room for a database ${step.database}.`);
}
