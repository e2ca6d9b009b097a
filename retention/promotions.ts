import type { Promotion, RetainedBackup, RetentionQuestion, Standing } from './types.ts';

/** The archives of its tiers that a backup is not in yet. */
export function archivesToJoin(
  { copies }: RetainedBackup,
  standing: readonly Standing[],
  { promoted, archives = {} }: RetentionQuestion,
): string[] {
  if (standing.length === 0) return [];
  const there = new Set(copies.map(({ repository }) => repository));
  const wanted = standing.flatMap(({ tier }) =>
    tier === 'flat' || !promoted.includes(tier) ? [] : (archives[tier] ?? []),
  );
  return [...new Set(wanted)].filter((name) => !there.has(name));
}

/**
 * The tiers that a backup has reached and that not every copy has a marker for, those in archives that it is to join
 * included. A marker is put last, when lock and place are right, so one that is missing says that something is left to
 * do.
 */
export function promotionsOf(
  backup: RetainedBackup,
  standing: readonly Standing[],
  question: RetentionQuestion,
): Promotion[] {
  if (standing.length === 0) return [];
  const joined = archivesToJoin(backup, standing, question);
  return standing.flatMap(({ tier, period, until }) => {
    if (tier === 'flat' || !question.promoted.includes(tier)) return [];
    const repositories = backup.copies
      .filter(
        (copy) => !copy.deleting && copy.untouchable !== 'air-gapped' && copy.untouchable !== 'disproven',
      )
      .filter((copy) => !copy.promised.some((promise) => promise.tier === tier && promise.until >= until))
      .map(({ repository }) => repository)
      .concat(joined)
      .sort();
    return repositories.length === 0 ? [] : [{ tier, period, until, repositories }];
  });
}
