import type { RetentionDecision } from './types.ts';

/**
 * The text of everything that a decision does, the same for the same deeds: a line for each promotion and each expiry,
 * in the order of backups. Its SHA-256 names the decision.
 */
export function canonicalActions({ backups }: RetentionDecision): string {
  return backups
    .flatMap(({ backupId, promotions, remove }) => [
      ...promotions.map(
        ({ tier, until, repositories }) => `promote ${backupId} ${tier} ${until} ${repositories.join(',')}\n`,
      ),
      ...(remove.length > 0 ? [`expire ${backupId} ${remove.join(',')}\n`] : []),
    ])
    .join('');
}
