import { alertWeaknesses } from './alerting.ts';
import { auditWeaknesses } from './audit.ts';
import { failoverWeaknesses } from './failover.ts';
import { keyWeaknesses } from './keys.ts';
import { peopleWeaknesses } from './people.ts';
import { placeWeaknesses } from './places.ts';
import { proofWeaknesses } from './proof.ts';
import { retentionWeaknesses } from './retention.ts';
import { scheduleWeaknesses } from './schedules.ts';
import { serviceWeaknesses } from './services.ts';
import { sourceWeaknesses } from './sources.ts';
import type { Weakness, Weighed } from './weakness.ts';

export type { Weakness, WeaknessId, Weighed } from './weakness.ts';

/** Every weakness of a policy, in the order of its sections. Pure. */
export function weaknessesOf(weighed: Weighed): Weakness[] {
  return [
    keyWeaknesses,
    retentionWeaknesses,
    sourceWeaknesses,
    placeWeaknesses,
    scheduleWeaknesses,
    peopleWeaknesses,
    auditWeaknesses,
    proofWeaknesses,
    alertWeaknesses,
    failoverWeaknesses,
    serviceWeaknesses,
  ].flatMap((rules) => rules(weighed));
}
