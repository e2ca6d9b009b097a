import type { LoadedPolicy } from '../policy/index.ts';
import { type ResolvedPlan, tiers } from '../policy/resolved.ts';
import type { AuditReportInput, Period, Recommendation, ReportedPlan } from '../workflows/contract-report.ts';

/** Places of one recommendation beyond so many are counted and not named. */
const placesNamed = 10;

/** What the workflow of a quarter's report needs of a policy. */
export function auditReportInput({ policy, weaknesses }: LoadedPolicy, period: Period): AuditReportInput {
  const { organization, hash, timezone, prices, signers, signingKeys, checks } = policy;
  return {
    organization,
    policyHash: hash,
    timezone,
    period,
    sources: Object.keys(policy.sources),
    plans: Object.values(policy.plans).map(reportedPlan),
    repositories: Object.values(policy.repositories).filter(({ manual }) => manual === undefined),
    prices,
    signers,
    signingKeys,
    zones: [...new Set([checks.zone, ...Object.keys(signingKeys)])],
    recommendations: recommendationsOf(weaknesses),
  };
}

function reportedPlan(plan: ResolvedPlan): ReportedPlan {
  const { name, source, tier, copies, airgapped = [], schedule, retention, restoreTest, siblings } = plan;
  return {
    name,
    source: source.name,
    tier: tier ?? null,
    copies: copies.map(nameOf),
    airgapped: airgapped.map(nameOf),
    schedule: { cron: schedule.cron },
    ...(retention === undefined ? {} : { retention: grown(retention) }),
    tested: restoreTest?.schedule !== undefined,
    shared: siblings !== undefined,
  };
}

const nameOf = ({ name }: { name: string }) => ({ name });

type Retained = NonNullable<ReportedPlan['retention']>;

/** How its backups grow in number, and in which repositories. */
function grown({ rules, storage }: NonNullable<ResolvedPlan['retention']>): Retained {
  const places: Retained['storage'] = {};
  for (const tier of tiers) {
    const repository = storage[tier]?.repository;
    if (repository !== undefined) places[tier] = { repository: nameOf(repository) };
  }
  return { rules, storage: places };
}

/** What many plans have in common is told once. */
function recommendationsOf(weaknesses: LoadedPolicy['weaknesses']): Recommendation[] {
  const found = new Map<string, Recommendation>();
  for (const { id, severity, path, message, hint } of weaknesses) {
    const known = found.get(id) ?? { id, severity, message, hint, places: [], count: 0 };
    const places = known.places.length < placesNamed ? [...known.places, path] : known.places;
    found.set(id, { ...known, places, count: known.count + 1 });
  }
  const all = [...found.values()];
  return [
    ...all.filter(({ severity }) => severity === 'serious'),
    ...all.filter(({ severity }) => severity === 'advice'),
  ];
}
