import type { TemporalFacts } from '../workflows/contract-checks.ts';
import type { Known } from './health.ts';
import type { Weighed } from './weighed.ts';

/**
 * Zones that did not answer. Temporal forgets its pollers when it starts again, so that a zone which answered has a
 * worker whatever Temporal says; and a worker that is full of work does not answer in time, and is there.
 */
export function weighZones(zones: readonly Known[], temporal: TemporalFacts | null): Weighed {
  const weighed: Weighed = { findings: [], unchecked: [] };
  for (const { zone, silent } of zones) {
    if (silent === null) continue;
    const alone = temporal?.silentZones.includes(zone) === true;
    if (alone)
      weighed.findings.push({
        kind: 'no-worker',
        subject: zone,
        severity: 'critical',
        sentence: `No worker of zone ${zone} answers: nothing is backed up, restored or checked there. Start one with \`holdfast worker --zone ${zone}\`.`,
      });
    weighed.unchecked.push({
      subject: zone,
      sentence: alone
        ? `Zone ${zone} was not looked at: it has no worker.`
        : `Zone ${zone} was not looked at: ${silent}`,
      explained: alone,
    });
  }
  return weighed;
}
