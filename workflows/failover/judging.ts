import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import { prefixOf } from './asking.ts';
import type { Locks } from './locks.ts';
import { now, type Run } from './run.ts';
import { type RunState, withException } from './state.ts';

const unanswered = ({ shown }: RunState): number =>
  (shown.expectations ?? []).filter(({ came }) => came === null).length;

/**
 * Waits for the owner of a rehearsal to say of each expected outcome whether it came out; not for ever, and not while a
 * real run would have to wait for it: everything is done and let go. What was stopped is not asked for.
 */
export async function judge(run: Run, locks: Locks | null): Promise<void> {
  const { desk, input } = run;
  const { verdict } = input.drill ?? {};
  if (verdict === undefined) return;
  if (desk.state().shown.aborted === null && unanswered(desk.state()) > 0) {
    const since = now();
    const until = new Date(Date.parse(since) + verdict * 1000).toISOString();
    const wanted = { owner: ownerOf(run), since, until };
    desk.change(({ shown, answers }) => ({
      shown: { ...shown, phase: 'judging', verdict: wanted },
      answers,
    }));
    await locks?.release();
    // Asked at once, and once more when half of the time is over.
    for (let asked = 0; asked < 2 && unanswered(desk.state()) > 0; asked += 1) {
      desk.beside(remind(run, verdict));
      await condition(() => unanswered(desk.state()) === 0, (verdict * 1000) / 2);
    }
  }
  desk.change(weighed);
}

const ownerOf = ({ input }: Run): string => input.drill?.owner ?? input.person;

function remind(run: Run, verdict: number): Promise<string | null> {
  const { desk, input } = run;
  const { workflowId, expectations = [] } = desk.state().shown;
  const owner = ownerOf(run);
  const roles = input.people.find(({ name }) => name === owner)?.roles ?? [];
  return tryAnnounce(input.alertZone, {
    severity: 'warning',
    subject: workflowId,
    ...(roles.length === 0 ? {} : { roles }),
    sentence: `${prefixOf(input.mode)}${owner}: say of ${unanswered(desk.state())} of ${expectations.length} expected outcomes whether they came out, within ${formatDuration(verdict)}. \`holdfast failover status ${workflowId}\` lists them, and \`holdfast failover outcome ${workflowId} NUMBER yes|no --as ${owner}\` says it.`,
  });
}

/** Law 11: what nobody has said, and what did not come out, is not passed. Pure. */
export function weighed(state: RunState): RunState {
  return (state.shown.expectations ?? []).reduce((next, { text, came }) => {
    if (came === 'yes') return next;
    return withException(
      next,
      came === null
        ? `Nobody said whether this came out, which was expected: ${text}`
        : `Expected, and it did not come out: ${text}`,
    );
  }, state);
}
