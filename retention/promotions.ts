import type { Promotion, RetainedBackup, RetentionQuestion, Standing } from './types.ts';

/**
 * The tiers that a backup has reached and that not every copy has a marker for, the one in the tier's archive
 * included. A marker is put last, when lock and place are right, so one that is missing says that something is left to
 * do.
 */
export function promotionsOf(
  backup: RetainedBackup,
  standing: readonly Standing[],
  { promoted, archives = {} }: RetentionQuestion,
): Promotion[] {
  return standing.flatMap(({ tier, period, until }) => {
    if (tier === 'flat' || !promoted.includes(tier)) return [];
    const archive = archives[tier];
    const missing = archive !== undefined && !backup.copies.some(({ repository }) => repository === archive);
    const repositories = backup.copies
      .filter((copy) => !copy.deleting && copy.untouchable !== 'air-gapped')
      .filter((copy) => !copy.promised.some((promise) => promise.tier === tier && promise.until >= until))
      .map(({ repository }) => repository)
      .concat(missing ? [archive] : [])
      .sort();
    return repositories.length === 0 ? [] : [{ tier, period, until, repositories }];
  });
}
