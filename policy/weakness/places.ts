import { firstKept } from '../keeping.ts';
import { lookUp } from '../lookup.ts';
import type { DataPath } from '../problem.ts';
import type { ResolvedPlan, ResolvedRepository, S3Repository } from '../resolved.ts';
import type { Policy } from '../schema.ts';
import { formatDuration } from '../units.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Where the copies of each plan lie: how many, at which sites, on which media, in which regions, under which locks. */
export function placeWeaknesses({ written, resolved }: Weighed): Weakness[] {
  return Object.values(resolved.plans).flatMap((plan) => [
    ...threeTwoOne(plan, resolved.zones[plan.source.zone]?.site),
    ...brokenResidency(plan, written),
    ...locks(plan),
  ]);
}

/** The 3-2-1 rule: the live data and two copies, on two media, one of them at another site. */
function threeTwoOne(plan: ResolvedPlan, sourceSite: string | undefined): Weakness[] {
  const path = ['plans', plan.name, 'copies'];
  const copies = allCopies(plan);
  const [first] = copies;
  const found: Weakness[] = [];
  if (copies.length < 2)
    found.push({
      id: 'one-copy',
      severity: 'advice',
      path,
      message: 'This plan keeps only one copy.',
      hint: 'Add a second repository to its copies.',
    });
  if (copies.every((copy) => copy.site === sourceSite))
    found.push({
      id: 'no-offsite-copy',
      severity: 'advice',
      path,
      message: `Every copy lies at the source's own site, ${sourceSite}: losing it loses both data and backups.`,
      hint: 'Add a repository whose zone is at another site.',
    });
  if (first !== undefined && copies.length > 1 && copies.every((copy) => copy.medium === first.medium))
    found.push({
      id: 'one-medium',
      severity: 'advice',
      path,
      message: `Every copy lies on one medium (${first.medium}): one kind of fault can take them all.`,
      hint: 'Add a repository on another medium.',
    });
  return found;
}

function allCopies({ copies, airgapped = [] }: ResolvedPlan): ResolvedRepository[] {
  return [...copies, ...airgapped];
}

function brokenResidency(plan: ResolvedPlan, { residency, plans }: Policy): Weakness[] {
  if (residency === undefined) return [];
  const named = lookUp(plans, plan.name)?.copies ?? [];
  const copies = allCopies(plan).map((repository) => ({
    repository,
    path: ['plans', plan.name, 'copies', named.indexOf(repository.name)],
  }));
  return copies.flatMap(({ repository: { region }, path }): Weakness[] =>
    residency.includes(region) ? [] : [outsideResidency(region, residency, path)],
  );
}

/** Copies in a region that the team's own rule excludes. */
export function outsideResidency(region: string, residency: string[], path: DataPath): Weakness {
  return {
    id: 'residency-broken',
    severity: 'serious',
    path,
    message: `Copies lie in region ${region} here, which residency does not allow.`,
    hint: `Use a repository in ${residency.join(' or ')}, or extend residency.`,
  };
}

function locks(plan: ResolvedPlan): Weakness[] {
  const locked = plan.copies.flatMap((copy) =>
    copy.kind === 's3' && copy.lock !== undefined ? [{ name: copy.name, lock: copy.lock }] : [],
  );
  const path = ['plans', plan.name, 'copies'];
  if (allCopies(plan).every((copy) => !isImmutable(copy)))
    return [
      {
        id: 'no-immutable-copy',
        severity: 'advice',
        path,
        message:
          'No copy is write-once or air-gapped: whoever takes over a worker (ransomware) can delete every backup.',
        hint: 'Set `lock: compliance` on an S3 repository of this plan, or add one with `online: manual`.',
      },
    ];
  if (plan.retention === undefined) return [];
  const kept = firstKept(plan.retention.rules);
  return locked.flatMap(({ name, lock }) => unlikeRetention(path, name, lock, kept));
}

function isImmutable(copy: ResolvedRepository): boolean {
  return copy.manual !== undefined || (copy.kind === 's3' && copy.lock !== undefined);
}

function unlikeRetention(
  path: DataPath,
  repository: string,
  lock: NonNullable<S3Repository['lock']>,
  kept: number,
): Weakness[] {
  if (lock.for === kept) return [];
  const fact = `Repository ${repository} locks copies for ${formatDuration(lock.for)}, and new ones are kept for ${formatDuration(kept)}`;
  if (lock.for < kept)
    return [
      {
        id: 'lock-shorter-than-retention',
        severity: 'advice',
        path,
        message: `${fact}.`,
        hint: 'Lengthen the lock to the retention, or leave its time out.',
      },
    ];
  return [
    {
      id: 'lock-longer-than-retention',
      severity: 'advice',
      path,
      message: `${fact}: they stay longer than the retention allows, and nobody can delete them before.`,
      hint: 'Shorten the lock to the retention, or leave its time out.',
    },
  ];
}
