import { secondsKept } from '../keeping.ts';
import { lookUp } from '../lookup.ts';
import { rulesOf } from '../resolve-retention.ts';
import { type ResolvedPlan, type Tier, tiers } from '../resolved.ts';
import type { Policy } from '../schema.ts';
import { outsideResidency } from './places.ts';
import type { Weakness, Weighed } from './weakness.ts';

type Retention = Policy['retention'][string];

/** What a retention says without effect, and where it takes copies to. */
export function retentionWeaknesses({ written, resolved }: Weighed): Weakness[] {
  return [
    ...Object.entries(written.retention).flatMap(([name, retention]) => [
      ...emptyTiers(name, retention),
      ...unusedAnchors(name, retention),
      ...farArchives(name, retention, written),
    ]),
    ...Object.values(resolved.plans).flatMap(unusedClasses),
  ];
}

/** Every weekly backup is a daily one first: a tier adds something only by being kept longer than those before it. */
function emptyTiers(name: string, retention: Retention): Weakness[] {
  const rules = rulesOf(retention);
  if (rules.kind === 'flat') return [];
  let longest: { tier: Tier; seconds: number } | null = null;
  const found: Weakness[] = [];
  for (const tier of tiers) {
    const keep = rules.keep[tier];
    if (keep === undefined) continue;
    const seconds = secondsKept(tier, keep);
    if (longest !== null && seconds <= longest.seconds) found.push(emptyTier(name, tier, longest.tier));
    else longest = { tier, seconds };
  }
  return found;
}

function emptyTier(name: string, tier: Tier, lower: Tier): Weakness {
  return {
    id: 'tier-keeps-nothing-more',
    severity: 'advice',
    path: ['retention', name, tier],
    message: `The ${tier} tier is kept no longer than the ${lower} one, so it keeps nothing more.`,
    hint: 'Keep it longer (12m are months, 12w weeks), or remove it.',
  };
}

function unusedAnchors(name: string, { anchors = {}, ...kept }: Retention): Weakness[] {
  return (['weekly', 'monthly', 'yearly'] as const).flatMap((tier): Weakness[] =>
    anchors[tier] === undefined || kept[tier] !== undefined
      ? []
      : [
          {
            id: 'anchor-unused',
            severity: 'advice',
            path: ['retention', name, 'anchors', tier],
            message: `This anchors the ${tier} tier, and this retention keeps none.`,
            hint: `Say how long ${tier} backups are kept, or remove the anchor.`,
          },
        ],
  );
}

function farArchives(name: string, { storage }: Retention, policy: Policy): Weakness[] {
  const { residency, repositories, zones } = policy;
  if (residency === undefined) return [];
  return tiers.flatMap((tier) => {
    const repository = tier === 'hourly' ? undefined : storage?.[tier]?.repository;
    const zone = repository === undefined ? undefined : lookUp(repositories, repository)?.zone;
    const region = zone === undefined ? undefined : lookUp(zones, zone)?.region;
    if (region === undefined || residency.includes(region)) return [];
    return [outsideResidency(region, residency, ['retention', name, 'storage', tier, 'repository'])];
  });
}

function unusedClasses({ name, copies, retention }: ResolvedPlan): Weakness[] {
  if (retention === undefined || copies.some(({ kind }) => kind === 's3')) return [];
  const moved = tiers.filter((tier) => {
    const place = retention.storage[tier];
    return place?.storageClass !== undefined && place.repository === undefined;
  });
  if (moved.length === 0) return [];
  return [
    {
      id: 'storage-class-unused',
      severity: 'advice',
      path: ['plans', name, 'retention'],
      message: `Retention ${retention.name} moves ${moved.join(' and ')} copies to a storage class, and no copy of this plan lies in S3.`,
      hint: "Name an S3 repository among the plan's copies, or beside the storage class.",
    },
  ];
}
