import type { ResolvedPlan, ResolvedRepository } from '../resolved.ts';

/**
 * A plan as a recovery from the loss of zones knows it: without repositories, keys and logs in them, so that no step asks
 * what does not answer (law 10).
 */
export function withoutLost(plan: ResolvedPlan, lost: readonly string[]): ResolvedPlan {
  if (lost.length === 0) return plan;
  const isLeft = ({ zone }: ResolvedRepository) => !lost.includes(zone);
  const { copies, airgapped, audit, alertZone, restoreTest, retention, ...same } = plan;
  const attached = airgapped?.filter(isLeft) ?? [];
  return {
    ...same,
    copies: copies.filter(isLeft),
    ...(attached.length === 0 ? {} : { airgapped: attached }),
    signingKeys: outside(plan.signingKeys, lost),
    ...(audit === undefined || !isLeft(audit.repository)
      ? {}
      : {
          audit: {
            ...audit,
            witnesses: audit.witnesses.filter(isLeft),
            signingKeys: outside(audit.signingKeys, lost),
          },
        }),
    ...(alertZone === undefined || lost.includes(alertZone) ? {} : { alertZone }),
    ...(restoreTest === undefined || lost.includes(restoreTest.zone) ? {} : { restoreTest }),
    ...(retention === undefined ? {} : { retention: withArchives(retention, isLeft) }),
  };
}

function withArchives(
  retention: NonNullable<ResolvedPlan['retention']>,
  isLeft: (repository: ResolvedRepository) => boolean,
): NonNullable<ResolvedPlan['retention']> {
  const storage = Object.entries(retention.storage).filter(
    ([, { repository }]) => repository === undefined || isLeft(repository),
  );
  return { ...retention, storage: Object.fromEntries(storage) };
}

function outside<T>(byZone: Record<string, T>, lost: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(byZone).filter(([zone]) => !lost.includes(zone)));
}
