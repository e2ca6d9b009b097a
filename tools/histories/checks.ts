import type { AuditTarget, ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { checksInput } from '../../schedules/index.ts';
import type { CopiesCheckInput, HealthInput } from '../../workflows/contract-checks.ts';

/** Checks to record: of a fleet that answers, and of one with a repository in a zone that nobody works in. */
export function recordedChecks(
  policy: ResolvedPolicy,
  audit: AuditTarget,
): { health: Record<string, HealthInput>; copies: Record<string, CopiesCheckInput> } {
  const input = { ...checksInput(policy), audit };
  const elsewhere = (repository: ResolvedRepository): ResolvedRepository =>
    repository.name === 'second' ? { ...repository, zone: 'nowhere' } : repository;
  const silent = { ...input, repositories: input.repositories.map(elsewhere), quiet: true } as const;
  return {
    health: { health: input, 'health-silent-zone': silent },
    copies: { 'copies-check': { ...input, person: 'dba-1' }, 'copies-check-silent-zone': silent },
  };
}
