/** Messages that must be out by a time. Pure. */
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import type { StepProgress } from '../contract-failover.ts';
import { isOver } from './state.ts';

/** By when a step's message must be out; undefined where nothing says so. */
export function dueOf(step: ResolvedStep, declaredAt: string): string | undefined {
  if (step.do !== 'communicate' || step.message.within === undefined) return undefined;
  return new Date(Date.parse(declaredAt) + step.message.within * 1000).toISOString();
}

/** What is due and how long that is from now, worst first; nothing of what is over. */
export function dueLines(steps: readonly StepProgress[], at: number): string[] {
  return steps
    .flatMap(({ id, dueAt, state }) => (dueAt === undefined || isOver({ state }) ? [] : [{ id, dueAt }]))
    .sort((one, other) => (one.dueAt < other.dueAt ? -1 : 1))
    .map(({ id, dueAt }) => {
      const left = Math.round((Date.parse(dueAt) - at) / 1000);
      const when = left > 0 ? `${formatDuration(left)} left` : `overdue for ${formatDuration(-left)}`;
      return `${id} must be out by ${dueAt}: ${when}`;
    });
}

/** Messages with a time by which they must be out that the run did not send, each in a sentence. Pure. */
export function unsent(steps: readonly StepProgress[], endedAt: string): string[] {
  return steps.flatMap(({ id, dueAt, message, state }) => {
    if (dueAt === undefined) return [];
    const sentAt = message?.sentAt;
    if (sentAt === undefined)
      return state === 'passed' || state === 'passed-with-exceptions'
        ? []
        : [`${id} was not sent, and is ${dueAt < endedAt ? 'overdue since' : 'due by'} ${dueAt}.`];
    return sentAt > dueAt ? [`${id} was sent at ${sentAt}, after its time at ${dueAt}.`] : [];
  });
}
