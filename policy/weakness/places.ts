import { lookUp } from '../lookup.ts';
import type { ResolvedPlan, S3Repository } from '../resolved.ts';
import type { Policy } from '../schema.ts';
import { formatDuration, longestSeconds, type Span } from '../units.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Where the copies of each plan lie: how many, at which sites, on which media, in which regions, under which locks. */
export function placeWeaknesses({ written, resolved }: Weighed): Weakness[] {
  return Object.values(resolved.plans).flatMap((plan) => [
    ...threeTwoOne(plan, resolved.zones[plan.source.zone]?.site),
    ...brokenResidency(plan, written.residency),
    ...locks(plan, retentionOf(plan.name, written)),
  ]);
}

/** The 3-2-1 rule: the live data and two copies, on two media, one of them at another site. */
function threeTwoOne(plan: ResolvedPlan, sourceSite: string | undefined): Weakness[] {
  const path = ['plans', plan.name, 'copies'];
  const [first] = plan.copies;
  const found: Weakness[] = [];
  if (plan.copies.length < 2)
    found.push({
      id: 'one-copy',
      severity: 'advice',
      path,
      message: 'This plan keeps only one copy.',
      hint: 'Add a second repository to its copies.',
    });
  if (plan.copies.every((copy) => copy.site === sourceSite))
    found.push({
      id: 'no-offsite-copy',
      severity: 'advice',
      path,
      message: `Every copy lies at the source's own site, ${sourceSite}: losing it loses both data and backups.`,
      hint: 'Add a repository whose zone is at another site.',
    });
  if (
    first !== undefined &&
    plan.copies.length > 1 &&
    plan.copies.every((copy) => copy.medium === first.medium)
  )
    found.push({
      id: 'one-medium',
      severity: 'advice',
      path,
      message: `Every copy lies on one medium (${first.medium}): one kind of fault can take them all.`,
      hint: 'Add a repository on another medium.',
    });
  return found;
}

function brokenResidency(plan: ResolvedPlan, residency: string[] | undefined): Weakness[] {
  if (residency === undefined) return [];
  return plan.copies.flatMap((copy, index): Weakness[] =>
    residency.includes(copy.region)
      ? []
      : [
          {
            id: 'residency-broken',
            severity: 'serious',
            path: ['plans', plan.name, 'copies', index],
            message: `This copy lies in region ${copy.region}, which residency does not allow.`,
            hint: `Use a repository in ${residency.join(' or ')}, or extend residency.`,
          },
        ],
  );
}

type Retention = Policy['retention'][string];

function retentionOf(plan: string, written: Policy): Retention | undefined {
  const name = lookUp(written.plans, plan)?.retention;
  return name === undefined ? undefined : lookUp(written.retention, name);
}

function locks(plan: ResolvedPlan, retention: Retention | undefined): Weakness[] {
  const locked = plan.copies.flatMap((copy) =>
    copy.kind === 's3' && copy.lock !== undefined ? [{ name: copy.name, lock: copy.lock }] : [],
  );
  const path = ['plans', plan.name, 'copies'];
  if (locked.length === 0)
    return [
      {
        id: 'no-lock',
        severity: 'advice',
        path,
        message: 'No copy is write-once: whoever takes over a worker (ransomware) can delete every backup.',
        hint: 'Set `lock: compliance` on an S3 repository of this plan.',
      },
    ];
  const kept = retention === undefined ? undefined : firstTier(retention);
  if (kept === undefined) return [];
  return locked.flatMap(({ name, lock }) => tooShort(path, name, lock, kept));
}

function tooShort(
  path: string[],
  repository: string,
  lock: NonNullable<S3Repository['lock']>,
  kept: Span,
): Weakness[] {
  const needed = longestSeconds(kept);
  if (lock.for >= needed) return [];
  return [
    {
      id: 'lock-shorter-than-retention',
      severity: 'advice',
      path,
      message: `Repository ${repository} locks copies for ${formatDuration(lock.for)}, and they are kept for ${formatDuration(needed)}.`,
      hint: 'Lengthen the lock to the retention, or leave its time out.',
    },
  ];
}

/** How long a new backup is kept before any promotion: promotion brings a longer lock with it. */
function firstTier(retention: Retention): Span | undefined {
  return retention.daily ?? retention.hourly ?? retention.weekly ?? retention.monthly ?? retention.yearly;
}
