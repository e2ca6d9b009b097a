import type { ResolvedRepository } from '../policy/resolved.ts';
import type { RetainedPlan } from './contract-retention.ts';

/** Where a plan's backups may lie. */
export type Places = {
  copies: ResolvedRepository[];
  /** Repositories of tiers that are not among the copies. */
  archives: ResolvedRepository[];
  airgapped: ResolvedRepository[];
};

export function placesOf(plan: RetainedPlan): Places {
  const known = new Set(plan.copies.map(({ name }) => name));
  const archives = new Map<string, ResolvedRepository>();
  for (const place of Object.values(plan.retention?.storage ?? {}))
    if (place.repository !== undefined && !known.has(place.repository.name))
      archives.set(place.repository.name, place.repository);
  return { copies: plan.copies, archives: [...archives.values()], airgapped: plan.airgapped ?? [] };
}

/**
 * What is wrong with a survey as a whole; null when it can be decided on. A repository that lists nothing although
 * others list backups, or the last run saw some there, decides nothing (law 4).
 *
 * @param found verified copies by repository
 * @param before the same at the end of the last run; null when there was none
 */
export function faultInSurvey(
  { copies, archives }: Places,
  source: string,
  found: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> | null,
): string | null {
  const seen = (name: string) => found[name] ?? 0;
  const vanished = [...copies, ...archives].find(({ name }) => seen(name) === 0 && (before?.[name] ?? 0) > 0);
  if (vanished !== undefined)
    return `Repository ${vanished.name} lists no backup of ${source}, and had ${before?.[vanished.name]} after the last run of retention. Nothing is decided on that. Look into the repository: \`holdfast doctor\`.`;
  const full = copies.find(({ name }) => seen(name) > 0);
  const empty = copies.find(({ name }) => seen(name) === 0);
  if (full === undefined || empty === undefined) return null;
  return `Repository ${empty.name} lists no backup of ${source}, and ${full.name} lists ${seen(full.name)}. Nothing is decided on that. If ${empty.name} is new, make a backup first; else look into the repository.`;
}
