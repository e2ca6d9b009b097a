import { Cron } from 'croner';
import { intervalsOf } from '../policy/cron.ts';

/** When cron expressions were due last before an instant, in a time zone; null for one that never was. */
export type LastDue = (cron: string, before: Date) => Date | null;

/** Asks for each expression and instant once: most plans of a fleet share a few of them. */
export function lastDueIn(timezone: string): LastDue {
  const known = new Map<string, Date | null>();
  return (cron, before) => {
    const question = `${cron} ${before.getTime()}`;
    let due = known.get(question);
    if (due === undefined) {
      [due = null] = new Cron(cron, { mode: '5-part', timezone }).previousRuns(1, before);
      known.set(question, due);
    }
    return due;
  };
}

const longest = new Map<string, number>();

/** The longest time between two runs of a cron expression, in seconds; worked out once, over eight years. */
export function longestInterval(cron: string): number {
  const known = longest.get(cron) ?? intervalsOf(cron).longest;
  longest.set(cron, known);
  return known;
}
