import type {
  ResolvedPlan,
  ResolvedPolicy,
  ResolvedRepository,
  ResolvedService,
} from '../../policy/resolved.ts';
import { formatDuration } from '../../policy/units.ts';
import type { ContinuityPlan, PlannedBackup } from '../../reports/bcp-facts.ts';
import type { FoundReport } from '../../workflows/contract-report.ts';

/** What a service is made of, with who backs it up. */
export function sourcesOf(policy: ResolvedPolicy, { sources }: ResolvedService): ContinuityPlan['sources'] {
  const plans = Object.values(policy.plans);
  return sources.flatMap((name) => {
    const source = policy.sources[name];
    if (source === undefined) return [];
    const own = plans.filter((plan) => plan.source.name === name);
    return [
      {
        name,
        zone: source.zone,
        site: policy.zones[source.zone]?.site ?? source.zone,
        tier: own[0]?.tier?.name ?? null,
        plans: own.map((plan) => plan.name),
      },
    ];
  });
}

/** How it is backed up, where each copy lies, and when one from there was proven last. */
export function plansOf(
  policy: ResolvedPolicy,
  { plans }: ResolvedService,
  reports: readonly FoundReport[],
): PlannedBackup[] {
  return plans.flatMap((name) => {
    const plan = policy.plans[name];
    if (plan === undefined) return [];
    const { source, schedule, retention, key, copies, airgapped = [], restoreTest } = plan;
    return [
      {
        name,
        source: source.name,
        schedule: schedule.cron,
        retention: retention?.name ?? null,
        key: key.name,
        copies: [...copies, ...airgapped].map((repository) => ({
          repository: repository.name,
          zone: repository.zone,
          site: repository.site,
          medium: repository.medium,
          protection: protectionOf(repository),
          provenAt: provenAt(name, repository.name, reports),
        })),
        tested: restoreTest?.schedule?.cron ?? null,
      },
    ];
  });
}

function protectionOf(repository: ResolvedRepository): string {
  if (repository.manual !== undefined) return 'air-gapped';
  if (repository.kind === 'filesystem' || repository.lock === undefined) return 'none';
  return `object lock (${repository.lock.mode}), ${formatDuration(repository.lock.for)}`;
}

/** Reports are newest first. */
function provenAt(plan: string, repository: string, reports: readonly FoundReport[]): string | null {
  const proven = reports.find(
    ({ test }) => test?.plan === plan && test.repository === repository && test.verdict === 'proven',
  );
  return proven?.at ?? null;
}

/** Keys that its backups need, and where they are opened. */
export function keysIn(policy: ResolvedPolicy, { plans }: ResolvedService): ContinuityPlan['keys'] {
  const own = plans.flatMap((name): ResolvedPlan[] => {
    const plan = policy.plans[name];
    return plan === undefined ? [] : [plan];
  });
  const keys = new Map(own.map(({ key }) => [key.name, key]));
  return [...keys.values()].map((key) => ({
    name: key.name,
    opensIn: Object.keys(key.kind === 'gpg' ? key.opens : key.passphrase),
  }));
}
