/** What the policy and signed reports show of backups and their copies. Pure. */
import type { ResolvedPlan } from '../policy/resolved.ts';
import type { ComplianceFacts } from './criteria.ts';
import { type Judged, named, plansOf, share } from './criteria-judged.ts';

export function planned({ policy }: ComplianceFacts): Judged {
  const backed = new Set(Object.values(policy.plans).map(({ source }) => source.name));
  const all = Object.keys(policy.sources);
  const have = all.filter((name) => backed.has(name)).length;
  return share(have, all.length, `${have} of ${all.length} sources have a plan.`);
}

export function recentTests(facts: ComplianceFacts): Judged {
  const plans = plansOf(facts);
  const proving = facts.reports.filter(({ test }) => test?.verdict === 'proven');
  const proven = new Set(proving.map(({ test }) => test?.plan));
  const without = plans.filter(({ name }) => !proven.has(name)).map(({ name }) => name);
  const sentence =
    without.length === 0
      ? `A restore test proved each of the ${plans.length} plans within this time.`
      : `No restore test within this time proved ${named(without)}.`;
  return { ...share(plans.length - without.length, plans.length, sentence), by: proving };
}

export function copyRule(facts: ComplianceFacts): Judged {
  const broken = ['below-copy-rule', 'one-copy', 'one-medium', 'no-offsite-copy'].some((id) =>
    facts.weaknesses.includes(id),
  );
  const checks = facts.reports.filter(({ kind }) => kind === 'copies-check');
  const [newest] = checks;
  if (newest === undefined)
    return {
      holds: broken ? 'no' : 'in-part',
      sentence: broken
        ? 'Some plans have fewer copies than the 3-2-1 rule wants, and no check of it was kept.'
        : 'The policy keeps the 3-2-1 rule; no check within this time shows that the copies are there.',
      by: [],
    };
  const well = newest.result === 'passed';
  return {
    holds: well && !broken ? 'yes' : newest.result === 'failed' ? 'no' : 'in-part',
    sentence: `The newest check of the 3-2-1 rule, on ${newest.at.slice(0, 10)}, came to ${newest.result}.`,
    by: checks,
  };
}

export function copiesChecked({ reports, policy }: ComplianceFacts): Judged {
  const checks = reports.filter(({ kind }) => kind === 'copies-check');
  const paused = policy.checks.copies.paused;
  if (checks.length === 0)
    return { holds: 'no', sentence: 'No check of the copies was kept within this time.', by: [] };
  const often = `${checks.length} checks of the copies were kept within this time`;
  return paused
    ? { holds: 'in-part', sentence: `${often}; their schedule is paused.`, by: checks }
    : { holds: 'yes', sentence: `${often}.`, by: checks };
}

export function offsite(facts: ComplianceFacts): Judged {
  const { zones } = facts.policy;
  const plans = plansOf(facts);
  const away = ({ source, copies, airgapped = [] }: ResolvedPlan) =>
    [...copies, ...airgapped].some(({ site }) => site !== zones[source.zone]?.site);
  const have = plans.filter(away).length;
  return share(
    have,
    plans.length,
    `${have} of ${plans.length} plans have a copy at another site than their source.`,
  );
}

export function immutable(facts: ComplianceFacts): Judged {
  const plans = plansOf(facts);
  const safe = ({ copies, airgapped = [] }: ResolvedPlan) =>
    airgapped.length > 0 || copies.some((copy) => copy.kind === 's3' && copy.lock !== undefined);
  const have = plans.filter(safe).length;
  return share(
    have,
    plans.length,
    `${have} of ${plans.length} plans have a copy that is write-once or air-gapped.`,
  );
}

export function encrypted(facts: ComplianceFacts): Judged {
  const plans = plansOf(facts);
  return share(
    plans.length,
    plans.length,
    plans.length === 0
      ? 'There is no plan.'
      : 'Every backup is encrypted before it leaves the zone of its source: there is no plan without a key.',
  );
}

export function keysApart({ weaknesses }: ComplianceFacts): Judged {
  const wrong = weaknesses.includes('key-in-repository');
  return wrong
    ? { holds: 'no', sentence: 'A key is opened where copies of it lie, as `holdfast validate` tells.' }
    : { holds: 'yes', sentence: 'No repository holds a key that opens its copies.' };
}

export function retention(facts: ComplianceFacts): Judged {
  const plans = plansOf(facts);
  const have = plans.filter((plan) => plan.retention !== undefined).length;
  return share(have, plans.length, `${have} of ${plans.length} plans say how long their backups are kept.`);
}

export function masked({ policy }: ComplianceFacts): Judged {
  const all = Object.values(policy.refreshes);
  if (all.length === 0)
    return { holds: 'not-applicable', sentence: 'No development database is made from backups.' };
  const have = all.filter(({ mask }) => mask.length > 0).length;
  return share(
    have,
    all.length,
    `${have} of ${all.length} development databases are masked before anybody may connect.`,
  );
}
