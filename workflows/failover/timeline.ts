/** What a run keeps of what happened: bounded, since its report and its progress travel as one message each. Pure. */
import type { RunEvent } from '../contract-failover.ts';

const mostEvents = 2000;
const mostNotes = 500;

/** The timeline with one more entry. Where it is full, old reminders give way, then its beginning, which says so. */
export function withEntry(events: readonly RunEvent[], event: RunEvent): RunEvent[] {
  if (events.length < mostEvents) return [...events, event];
  const reminder = events.findIndex(({ reminds }) => reminds === true);
  if (reminder >= 0) return [...events.toSpliced(reminder, 1), event];
  const [first, , ...rest] = events;
  const sentence = 'What happened before is left out here: the history in Temporal has it.';
  return [{ at: first?.at ?? event.at, by: null, step: null, sentence }, ...rest, event];
}

/** Whether people have said as much as a report can hold. */
export const isFull = (events: readonly RunEvent[]): boolean =>
  events.filter(({ by }) => by !== null).length >= mostNotes;

const mostOutput = 200_000;

/** The end of what a step printed, as much as a run of so many steps can show of each. */
export const endOfOutput = (output: string, steps: number): string =>
  output.slice(-Math.min(4000, Math.floor(mostOutput / steps)));
