import { formatDuration } from '../policy/units.ts';
import type { Known } from './health.ts';
import { secondsBetween, type Weighed } from './weighed.ts';

/** In the last week before its end a key is not news any more but the next outage. */
const aWeek = 7 * 86_400;

/** Keys that can't be used, and those that soon can't. */
export function weighKeys(zones: readonly Known[], horizon: number, now: Date): Weighed {
  const weighed: Weighed = { findings: [], unchecked: [] };
  for (const { key, state, expires, sentence } of zones.flatMap(({ facts }) => facts?.keys ?? [])) {
    if (state === 'unknown') weighed.unchecked.push({ subject: key, sentence, explained: false });
    if (state === 'unusable')
      weighed.findings.push({ kind: 'key-unusable', subject: key, severity: 'critical', sentence });
    if (state !== 'usable' || expires === null) continue;
    const left = -secondsBetween(expires, now);
    if (left <= horizon)
      weighed.findings.push({
        kind: 'key-expires',
        subject: key,
        severity: left <= aWeek ? 'critical' : 'warning',
        sentence: `The key ${key} expires at ${expires}, in ${formatDuration(Math.max(0, left))}: backups stop then. Extend it, or put a new one in the policy, and apply.`,
      });
  }
  return weighed;
}
