/** How often somebody is reminded. Pure. */
import type { ResolvedStep } from '../../policy/resolved-failover.ts';

/** So many come in the step's interval; each further one after twice as long, up to six hours. */
const steady = 12;
const longest = 6 * 3600;

/**
 * Seconds until the next reminder: steps that wait for days side by side must not fill the run's history, at whose end
 * Temporal would stop it with nothing undone.
 *
 * @param reminded how often by now
 */
export function secondsToReminder({ remind }: Pick<ResolvedStep, 'remind'>, reminded: number): number {
  const own = Math.max(60, remind);
  const doubled = own * 2 ** Math.max(0, reminded - steady + 1);
  return Math.max(own, Math.min(doubled, longest));
}
