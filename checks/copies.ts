import type { AlertFinding } from '../workflows/contract-alerts.ts';
import type {
  CanaryFact,
  ChecksInput,
  CopiesCheck,
  CopiesFact,
  CopiesJudgement,
  Rehashed,
} from '../workflows/contract-checks.ts';
import { countPlaces, type KnownCopies, placesOfPlan } from './copies-places.ts';
import { decryptable, protectedCopies, reachable, rehashed } from './copies-proofs.ts';
import { together } from './weighed.ts';

/** Everything that was found out about copies. */
export type CopiesKnown = {
  zones: readonly KnownCopies[];
  rehashed: readonly Rehashed[];
  canaries: readonly CanaryFact[];
};

/** What each check asks, in the order of reports. */
export const copiesQuestions: Record<CopiesCheck, string> = {
  copies: 'enough copies',
  media: 'enough media',
  offsite: 'enough away from the source',
  residency: 'inside the allowed regions',
  reachable: 'each repository answers its zone',
  rehashed: 'the newest copies read again',
  decryptable: 'the key opens what it encrypts',
  encrypted: 'encryption in force',
  locked: 'locks in force',
};

/** Answers every question of every plan, in the order of plans. Depends on nothing but its arguments. */
export function weighCopies(input: ChecksInput, known: CopiesKnown, now: Date): CopiesFact[] {
  const { zones } = known;
  const plans = input.plans.toSorted((a, b) => (a.plan < b.plan ? -1 : 1));
  return plans.flatMap((plan) =>
    [
      ...countPlaces(plan, input, placesOfPlan(plan, input, zones, now)),
      ...reachable(plan, input, zones),
      ...rehashed(plan, known.rehashed),
      ...decryptable(plan, known.canaries),
      ...protectedCopies(plan, zones),
    ].map((fact): CopiesFact => ({ plan: plan.plan, ...fact })),
  );
}

/** Law 11: one `no` fails, and what was not checked is an exception; so is what the check itself had to put right. */
export function judgeCopies(
  facts: readonly CopiesFact[],
): Pick<CopiesJudgement, 'result' | 'plans' | 'facts' | 'exceptions' | 'findings'> {
  const open = facts.filter(({ outcome }) => outcome !== 'yes');
  const unchecked = open.filter(({ outcome }) => outcome === 'not-checked');
  const failed = open.length > unchecked.length;
  const mended = facts.filter((fact) => fact.mended === true);
  return {
    result: failed ? 'failed' : open.length + mended.length > 0 ? 'passed-with-exceptions' : 'passed',
    plans: [...new Set(facts.map(({ plan }) => plan))].map((plan) => ({
      plan,
      outcomes: outcomesOf(facts.filter((fact) => fact.plan === plan)),
    })),
    facts: [...open, ...mended],
    exceptions: [...new Set(unchecked.map(({ subject, sentence }) => `${subject}: ${sentence}`))],
    findings: findingsOf(open),
  };
}

/** The worst answer to each question. */
function outcomesOf(facts: readonly CopiesFact[]): CopiesJudgement['plans'][number]['outcomes'] {
  const worst = (check: CopiesCheck) => {
    const outcomes = facts.filter((fact) => fact.check === check).map(({ outcome }) => outcome);
    if (outcomes.includes('no')) return 'no';
    return outcomes.length === 0 || outcomes.includes('not-checked') ? 'not-checked' : 'yes';
  };
  return {
    copies: worst('copies'),
    media: worst('media'),
    offsite: worst('offsite'),
    residency: worst('residency'),
    reachable: worst('reachable'),
    rehashed: worst('rehashed'),
    decryptable: worst('decryptable'),
    encrypted: worst('encrypted'),
    locked: worst('locked'),
  };
}

const alerts: Record<CopiesCheck, Pick<AlertFinding, 'kind' | 'severity'>> = {
  copies: { kind: 'too-few-copies', severity: 'warning' },
  media: { kind: 'too-few-media', severity: 'warning' },
  offsite: { kind: 'not-offsite', severity: 'warning' },
  residency: { kind: 'outside-residency', severity: 'critical' },
  reachable: { kind: 'repository-unreachable', severity: 'critical' },
  rehashed: { kind: 'copy-corrupt', severity: 'critical' },
  decryptable: { kind: 'key-unusable', severity: 'critical' },
  encrypted: { kind: 'unprotected', severity: 'critical' },
  locked: { kind: 'unprotected', severity: 'critical' },
};

/** One alert for each thing that is wrong, however many plans it is wrong for; one for each that was not checked. */
function findingsOf(open: readonly CopiesFact[]): AlertFinding[] {
  const findings = open.map(({ check, outcome, subject, sentence }): AlertFinding => {
    const told = `${subject}, ${copiesQuestions[check]}: ${sentence}`;
    return outcome === 'no'
      ? { ...alerts[check], subject, sentence: told }
      : { kind: 'check-impossible', severity: 'warning', subject, sentence: told };
  });
  return together([{ findings, unchecked: [] }]).findings;
}
