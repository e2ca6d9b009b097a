import type { AuditTarget, ResolvedPolicy } from '../../policy/resolved.ts';
import type { EvidenceInput, KeepReportInput, ShowEvidenceInput } from '../../workflows/contract-evidence.ts';

/** A document that is kept, the reports of a day, and that one report. */
export function recordedEvidence(
  { signers, signingKeys, repositories }: ResolvedPolicy,
  audit: AuditTarget,
): { keep: KeepReportInput; find: EvidenceInput; show: (kept: unknown) => ShowEvidenceInput } {
  const to = new Date();
  const all = Object.values(repositories);
  return {
    keep: {
      kind: 'continuity-plan',
      subject: 'shop',
      at: to.toISOString(),
      document: { result: 'passed' },
      markdown: '# Shop\n',
      ...{ signingKeys, zones: ['fra'], repositories: all, audit, person: 'dba-1' },
    },
    find: {
      ...{ repositories: all, signers },
      period: {
        name: 'a day',
        from: new Date(to.getTime() - 86_400_000).toISOString(),
        to: new Date(to.getTime() + 60_000).toISOString(),
      },
    },
    show: (kept) => ({ repositories: all, signers, path: pathOf(kept) }),
  };
}

function pathOf(kept: unknown): string {
  const [, path] = /"path":"([^"]+)"/.exec(JSON.stringify(kept)) ?? [];
  if (path === undefined) throw new Error('the report was not kept');
  return path;
}
