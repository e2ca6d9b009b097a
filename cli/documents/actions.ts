import type { ReviewAction, ReviewedRun } from '../../reports/review.ts';
import type { Context } from '../context.ts';
import { followUpsOf } from '../follow-ups.ts';

/** What was written down as to be done after a run, as the follow-ups know it; nothing where they can't be asked, and why. */
export async function actionsOf(
  context: Context,
  run: ReviewedRun,
): Promise<{ actions: ReviewAction[]; exceptions: string[] }> {
  try {
    const known = await followUpsOf(context);
    const own = [...known.open, ...known.closed].filter(({ runId }) => runId === run.runId);
    return {
      actions: own.map(({ id, text, owner, due, closed }) => ({
        ...{ id, text, owner, due },
        closed: closed === null ? null : `${closed.at.slice(0, 10)} by ${closed.by}: ${closed.evidence}`,
      })),
      exceptions: [],
    };
  } catch {
    const noted = run.followUps.map((each) => ({ ...each, closed: null }));
    const sentence =
      'The follow-ups could not be asked: the actions are those of the report, as they were then.';
    return { actions: noted, exceptions: [sentence] };
  }
}
