import type { Tier } from '../policy/resolved.ts';
import type { Promotion, RetainedBackup, Standing } from './types.ts';

/**
 * The tiers that a backup has reached and that not every copy has a marker for. A marker is put last, when lock and
 * place are right, so one that is missing says that something is left to do.
 */
export function promotionsOf(
  backup: RetainedBackup,
  standing: readonly Standing[],
  promoted: readonly Tier[],
): Promotion[] {
  return standing.flatMap(({ tier, period, until }) => {
    if (tier === 'flat' || !promoted.includes(tier)) return [];
    const repositories = backup.copies
      .filter((copy) => !copy.deleting && copy.untouchable !== 'air-gapped')
      .filter((copy) => !copy.promised.some((promise) => promise.tier === tier && promise.until >= until))
      .map(({ repository }) => repository)
      .sort();
    return repositories.length === 0 ? [] : [{ tier, period, until, repositories }];
  });
}
