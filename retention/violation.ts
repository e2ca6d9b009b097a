import { type Draft, isVerified, promisesOf } from './decide.ts';
import type { Blocker, Decided } from './types.ts';

/** What keeps a backup beyond the rules without being a matter of safety: somebody may have to answer for it. */
const over: ReadonlySet<Blocker> = new Set<Blocker>([
  'promised',
  'locked',
  'hold',
  'air-gapped',
  'legal-hold',
  'lock-unknown',
  'unconfirmed',
  'disproven',
]);

/** Causes that end by themselves. */
const ending: ReadonlySet<Blocker> = new Set<Blocker>(['promised', 'locked', 'air-gapped']);

/** A backup, or a copy of it, that is kept longer than today's rules allow; null when it isn't. */
export function violationOf(
  { backup, blockedBy }: Draft,
  today: string,
): Exclude<Decided['violation'], undefined> | null {
  const causes = blockedBy.filter((blocker) => over.has(blocker));
  if (causes.length === 0 || !isVerified(backup)) return null;
  const days = [
    ...(causes.includes('promised')
      ? promisesOf(backup).flatMap(({ until }) => (until >= today ? [until] : []))
      : []),
    ...(causes.includes('locked') ? backup.copies.flatMap(({ lockedUntil }) => lockedUntil ?? []) : []),
  ].map((until) => until.slice(0, 10));
  const open = causes.some((cause) => !ending.has(cause));
  const filling = causes.includes('air-gapped');
  const until = open || filling ? null : (days.sort().at(-1) ?? null);
  const ends = [...days.sort().slice(-1), ...(filling ? ['the next filling of its air-gapped copy'] : [])];
  const end = open ? 'without an end that is known' : `until ${ends.join(' and ')}`;
  return { sentence: `Kept longer than the policy allows, ${end} (${causes.join(', ')}).`, until };
}
