/** What a run would take and lose, by what earlier ones took and what is true now. Pure. */
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import type { RunbookPreview } from '../contract-runbook.ts';
import { measuredRpo } from './facts.ts';
import { predict } from './graph.ts';

export type Predicted = {
  /** Seconds to the end of the last step before the return to normal; null where a step on the way was never measured. */
  rto: number | null;
  /** Seconds to the end of each step; waits for people are in those times. */
  ends: Record<string, number | null>;
  /** Steps that nothing has measured in this version. */
  unmeasured: string[];
  /** Steps that were only simulated: in earnest they take longer. */
  simulated: string[];
  /** When the runs ended whose times these are, newest first. */
  from: string[];
  /** Seconds of data that would be lost now; null where nobody can say. */
  rpo: number | null;
};

/**
 * The longest way through a runbook, each step with the time that it took last in this very version. A time of a tabletop
 * is of talking and counts for nothing; one that was only simulated counts where there is no other.
 *
 * @param now ISO 8601
 */
export function predictRun(
  runbook: Pick<ResolvedRunbook, 'steps' | 'version'>,
  { earlier, looks }: RunbookPreview,
  now: string,
): Predicted {
  const runs = earlier.filter(({ mode, version }) => mode !== 'tabletop' && version === runbook.version);
  const done = new Map<string, { seconds: number; at: string; simulated: boolean }>();
  for (const simulated of [false, true])
    for (const run of runs)
      for (const [id, seconds] of Object.entries(run.steps))
        if (!done.has(id) && (run.simulated ?? []).includes(id) === simulated)
          done.set(id, { seconds, at: run.at, simulated });
  const known = runbook.steps.flatMap(({ id }) => {
    const found = done.get(id);
    return found === undefined ? [] : [{ id, ...found }];
  });
  const { ends, rto } = predict(runbook, Object.fromEntries(known.map(({ id, seconds }) => [id, seconds])));
  return {
    rto,
    ends,
    unmeasured: runbook.steps
      .filter(({ id, do: action }) => action !== 'wait' && !done.has(id))
      .map(({ id }) => id),
    simulated: known.filter(({ simulated }) => simulated).map(({ id }) => id),
    from: [...new Set(known.map(({ at }) => at))].sort().reverse(),
    rpo: measuredRpo(
      looks.map(({ facts }) => ({ results: facts })),
      now,
    ),
  };
}
