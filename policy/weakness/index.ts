import { keyWeaknesses } from './keys.ts';
import { placeWeaknesses } from './places.ts';
import { scheduleWeaknesses } from './schedules.ts';
import { sourceWeaknesses } from './sources.ts';
import type { Weakness, Weighed } from './weakness.ts';

export type { Weakness, WeaknessId, Weighed } from './weakness.ts';

/** Every weakness of a policy, in the order of its sections. Pure. */
export function weaknessesOf(weighed: Weighed): Weakness[] {
  return [keyWeaknesses, sourceWeaknesses, placeWeaknesses, scheduleWeaknesses].flatMap((rules) =>
    rules(weighed),
  );
}
