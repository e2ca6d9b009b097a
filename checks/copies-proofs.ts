import type {
  CanaryFact,
  CheckedPlan,
  ChecksInput,
  CopiesFact,
  Rehashed,
  Verdict,
} from '../workflows/contract-checks.ts';
import { type KnownCopies, unreadOf } from './copies-places.ts';

type Proof = Omit<CopiesFact, 'plan'>;

/** Whether each online repository of a plan can be read from its own zone. */
export function reachable(
  plan: CheckedPlan,
  { repositories }: ChecksInput,
  zones: readonly KnownCopies[],
): Proof[] {
  return repositories
    .filter(({ name }) => plan.copies.includes(name))
    .map((repository) => {
      const { name: subject, zone } = repository;
      const check = 'reachable';
      const why = unreadOf(repository, zones);
      if (why === null)
        return { check, subject, outcome: 'yes', sentence: `${subject} is read from zone ${zone}.` };
      const answered = zones.some((known) => known.zone === zone && known.facts !== null);
      const sentence = `${subject} can't be read from its zone ${zone}: ${why}`;
      return { check, subject, outcome: answered ? 'no' : 'not-checked', sentence };
    });
}

/** What reading the newest copies again came to; a plan without one read has not been checked. */
export function rehashed(plan: CheckedPlan, all: readonly Rehashed[]): Proof[] {
  const check = 'rehashed';
  const own = all.filter((each) => each.plan === plan.plan);
  if (own.length === 0)
    return [
      { check, subject: plan.plan, outcome: 'not-checked', sentence: 'No copy was there to be read again.' },
    ];
  return own.map(({ repository, outcome, sentence, mended }) => ({
    check,
    subject: `${repository}/${plan.plan}`,
    outcome,
    sentence,
    ...(mended === undefined ? {} : { mended }),
  }));
}

/** Whether what is encrypted with a plan's key opens wherever the policy says that it does. */
export function decryptable(plan: CheckedPlan, canaries: readonly CanaryFact[]): Proof[] {
  const check = 'decryptable';
  const own = canaries.filter(({ key }) => key === plan.key);
  if (own.length === 0)
    return [
      {
        check,
        subject: plan.key,
        outcome: 'not-checked',
        sentence: `The policy opens ${plan.key} in no zone, so nobody tried it: restore by hand where its private key is.`,
      },
    ];
  return own.map(({ outcome, sentence }) => ({ check, subject: plan.key, outcome, sentence }));
}

/** Whether the newest copies are encrypted, and locked where the policy says so. */
export function protectedCopies(plan: CheckedPlan, zones: readonly KnownCopies[]): Proof[] {
  const newest = zones
    .flatMap(({ facts }) => facts?.newest ?? [])
    .filter((each) => each.plan === plan.plan && each.backups.length > 0);
  const none: Verdict = { outcome: 'not-checked', sentence: 'No copy was there to be looked at.' };
  return (['encrypted', 'locked'] as const).flatMap((check): Proof[] =>
    newest.length === 0
      ? [{ check, subject: plan.plan, ...none }]
      : newest.map((copies) => ({ check, subject: `${copies.repository}/${plan.plan}`, ...copies[check] })),
  );
}
