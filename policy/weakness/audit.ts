import { lookUp } from '../lookup.ts';
import type { ResolvedPolicy } from '../resolved.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Whether what happens is recorded, and whether the record outlives who would change it. */
export function auditWeaknesses({ resolved }: Weighed): Weakness[] {
  const { audit, plans, people } = resolved;
  if (audit !== undefined) return [...rewritable(resolved), ...besideSources(resolved)];
  if (Object.keys(plans).length === 0 && people.length === 0) return [];
  return [
    {
      id: 'no-audit',
      severity: 'advice',
      path: ['audit'],
      message: 'No audit log is kept: nobody can show later who asked, who approved and what was deleted.',
      hint: 'Add `audit: { repository: NAME }` with a write-once repository that holds no backups.',
    },
  ];
}

function rewritable({ audit }: ResolvedPolicy): Weakness[] {
  const repository = audit?.repository;
  if (repository === undefined || (repository.kind === 's3' && repository.lock !== undefined)) return [];
  const what = repository.kind === 'filesystem' ? 'A directory' : 'A bucket without object lock';
  return [
    {
      id: 'audit-not-write-once',
      severity: 'advice',
      path: ['audit', 'repository'],
      message: `${what} is not write-once: who takes over a worker there can remove the log, though not change it unnoticed.`,
      hint: 'Use an S3 repository with `lock: compliance`.',
    },
  ];
}

function besideSources({ audit, plans, zones }: ResolvedPolicy): Weakness[] {
  const site = audit?.repository.site;
  const beside = Object.values(plans).find(({ source }) => lookUp(zones, source.zone)?.site === site);
  if (site === undefined || beside === undefined) return [];
  return [
    {
      id: 'audit-at-source-site',
      severity: 'advice',
      path: ['audit', 'repository'],
      message: `The audit log lies at site ${site}, as source ${beside.source.name} does: losing the site loses the record of it.`,
      hint: 'Use a repository whose zone is at another site.',
    },
  ];
}
