import type { AuditTarget, ResolvedPolicy, ResolvedRepository } from '../policy/resolved.ts';
import type { ResolvedRunbook } from '../policy/resolved-failover.ts';
import type { FailoverInput } from '../workflows/contract-failover.ts';

/** What a run is started with: all that the policy says of it, and nothing of what it takes as lost (law 10). */
export function failoverInput(
  policy: ResolvedPolicy,
  runbook: ResolvedRunbook,
  about: Pick<FailoverInput, 'mode' | 'person' | 'reason' | 'drill' | 'lastCheck' | 'disaster'>,
): FailoverInput {
  const { lost } = runbook;
  const audit = policy.audit === undefined ? undefined : auditWithout(policy.audit, lost);
  const { zone: alertZone } = policy.checks;
  return {
    organization: policy.organization,
    runbook,
    ...about,
    alone: true,
    people: policy.people,
    repositories: reportPlaces(policy).filter(({ zone }) => !lost.includes(zone)),
    signers: policy.signers,
    signingKeys: outside(policy.signingKeys, lost),
    ...(audit === undefined ? {} : { audit }),
    ...(lost.includes(alertZone) ? {} : { alertZone }),
  };
}

/** Where reports are kept: not where a person attaches it, nor in the audit log's own repository. */
export function reportPlaces({ repositories, audit }: ResolvedPolicy): ResolvedRepository[] {
  return Object.values(repositories).filter(
    ({ name, manual }) => manual === undefined && name !== audit?.repository.name,
  );
}

function auditWithout(audit: AuditTarget, lost: readonly string[]): AuditTarget | undefined {
  if (lost.includes(audit.repository.zone)) return undefined;
  return {
    ...audit,
    witnesses: audit.witnesses.filter(({ zone }) => !lost.includes(zone)),
    signingKeys: outside(audit.signingKeys, lost),
  };
}

function outside<T>(byZone: Record<string, T>, lost: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(byZone).filter(([zone]) => !lost.includes(zone)));
}
