import type { AuditTarget, ResolvedPolicy } from '../../policy/resolved.ts';
import type { AuditReportInput } from '../../workflows/contract-report.ts';

/** Reports that are recorded: one of everything, and one where there is nobody who could sign it. */
export function recordedAuditReports(
  { organization, hash, timezone, plans, prices, signers, signingKeys, repositories }: ResolvedPolicy,
  audit: AuditTarget,
): { name: string; input: AuditReportInput }[] {
  const to = new Date();
  const input: AuditReportInput = {
    organization,
    policyHash: hash,
    timezone,
    period: { name: 'a day', from: new Date(to.getTime() - 86_400_000).toISOString(), to: to.toISOString() },
    sources: ['shop'],
    plans: Object.values(plans).map(({ name, source, copies, schedule: { cron } }) => ({
      name,
      source: source.name,
      tier: null,
      copies: copies.map((copy) => ({ name: copy.name })),
      airgapped: [],
      schedule: { cron },
      tested: false,
      shared: false,
    })),
    repositories: Object.values(repositories),
    prices,
    signers,
    signingKeys,
    zones: ['fra'],
    recommendations: [],
    audit,
    person: 'dba-1',
  };
  return [
    { name: 'audit-report', input },
    { name: 'audit-report-unsigned', input: { ...input, signingKeys: {} } },
  ];
}
