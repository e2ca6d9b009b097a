import { isCancellation } from '@temporalio/workflow';
import type { ResolvedPlan, ResolvedRepository } from '../policy/resolved.ts';
import type { Trail } from './audit.ts';
import type {
  Basis,
  ExpiryResult,
  PromotionInput,
  PromotionResult,
  RetentionRecord,
  Weighed,
} from './contract-retention.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn } from './proxies.ts';
import type { RetentionDesk } from './retention-desk.ts';
import type { Places } from './retention-places.ts';

const aDay = 86_400;

/** What a run knows before it does anything. */
export type Known = {
  basis: Basis & { plan: ResolvedPlan };
  weighed: Weighed;
  found: Record<string, number>;
  last: RetentionRecord | null;
};

/** Archives first: what has its place there may change elsewhere. */
export async function promote(
  { basis, weighed }: Known,
  places: Places,
  desk: RetentionDesk,
  trail: Trail,
): Promise<PromotionResult[]> {
  const waiting = (repository: ResolvedRepository) =>
    weighed.work.some((each) => each.repository === repository.name && each.promotions > 0);
  if (weighed.counts.promote === 0) return [];
  desk.show({ phase: 'promoting' });
  const one = async (repository: ResolvedRepository, zones: string[]): Promise<PromotionResult[]> => {
    let exceptions: string[] = [];
    for (const zone of zones) {
      try {
        const done = await deedIn(zone).promoteBackups(deed(basis, weighed, repository));
        if (done.exceptions.length === 0 || zone === zones.at(-1)) {
          desk.except(...done.exceptions);
          return [done];
        }
      } catch (error) {
        if (isCancellation(error)) throw error;
        exceptions = [`Nothing was promoted in ${repository.name}: ${reasonOf(error).sentence}`];
      }
    }
    desk.except(...exceptions);
    return [];
  };
  const archived = await Promise.all(
    places.archives.filter(waiting).map((archive) => one(archive, zonesFor(archive, basis.plan))),
  );
  const copies = await Promise.all(places.copies.filter(waiting).map((copy) => one(copy, [copy.zone])));
  const results = [...archived, ...copies].flat();
  const facts = Object.fromEntries(results.map(({ repository, promoted }) => [repository, promoted]));
  await tell(desk, trail, {
    action: 'backup.promoted',
    subject: basis.plan.name,
    outcome: 'done',
    hash: weighed.hash,
    facts: { backups: weighed.counts.promote, ...facts },
  });
  return results;
}

/**
 * Whose workers fill an archive: in a bucket those that make the backups, since they reach every copy that they wrote,
 * and then its own. What one zone has done the next one finds done.
 */
function zonesFor(archive: ResolvedRepository, plan: ResolvedPlan): string[] {
  return archive.kind === 's3' ? [...new Set([plan.source.zone, archive.zone])] : [archive.zone];
}

/** Each repository for itself; each copy is looked at once more before it goes. */
export async function expire(
  { basis, weighed }: Known,
  places: Places,
  desk: RetentionDesk,
  trail: Trail,
): Promise<ExpiryResult[]> {
  desk.show({ phase: 'expiring' });
  // Nothing goes that the audit log does not tell of.
  await trail.record({
    action: 'backup.expired',
    subject: basis.plan.name,
    outcome: 'done',
    reason: 'Begun: everything that this decision lets expire is removed now.',
    hash: weighed.hash,
    facts: { backups: weighed.counts.expire, bytes: weighed.freed },
  });
  const waiting = [...places.copies, ...places.archives].filter(({ name }) =>
    weighed.work.some(({ repository, removals }) => repository === name && removals > 0),
  );
  const results = await Promise.all(
    waiting.map(async (repository): Promise<ExpiryResult[]> => {
      try {
        const done = await deedIn(repository.zone).expireBackups(deed(basis, weighed, repository));
        desk.except(...done.exceptions);
        return [done];
      } catch (error) {
        if (isCancellation(error)) throw error;
        desk.except(`Not all that was to go went from ${repository.name}: ${reasonOf(error).sentence}`);
        return [];
      }
    }),
  );
  for (const { repository, removed, bytes, backups } of results.flat())
    await tell(desk, trail, {
      action: 'backup.expired',
      subject: `${basis.plan.name} in ${repository}`,
      outcome: 'done',
      hash: weighed.hash,
      facts: { removed, bytes, backups: backups.join(' ').slice(0, 4000) },
    });
  return results.flat();
}

const deedIn = (zone: string) => activitiesIn(zone, { within: aDay, attempts: 15, patience: aDay });

const deed = (basis: Known['basis'], { hash }: Weighed, repository: ResolvedRepository): PromotionInput => ({
  ...basis,
  hash,
  repository,
});

async function tell(
  desk: RetentionDesk,
  trail: Trail,
  ...told: Parameters<Trail['tryRecord']>
): Promise<void> {
  const unwritten = await trail.tryRecord(...told);
  if (unwritten !== null) desk.except(unwritten);
}
