import { secondsKept } from './keeping.ts';
import {
  type Anchors,
  type Keep,
  type ResolvedRepository,
  type ResolvedRetention,
  type RetentionRules,
  type Tier,
  tiers,
} from './resolved.ts';
import type { Policy } from './schema.ts';

type Retention = Policy['retention'][string];

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/**
 * @param repositoryOf The repository of that name, for copies of a tier: a lock without a time of its own lasts as
 * long as the tier keeps them, in seconds.
 */
export function resolveRetention(
  name: string,
  retention: Retention,
  repositoryOf: (name: string, lockSeconds: number) => ResolvedRepository,
): ResolvedRetention {
  const storage: ResolvedRetention['storage'] = {};
  for (const tier of tiers) {
    const keep = retention[tier];
    const place = tier === 'hourly' ? undefined : retention.storage?.[tier];
    if (keep === undefined || place === undefined) continue;
    const { storageClass, repository } = place;
    storage[tier] = {
      ...(storageClass === undefined ? {} : { storageClass }),
      ...(repository === undefined ? {} : { repository: repositoryOf(repository, secondsKept(tier, keep)) }),
    };
  }
  return { name, rules: rulesOf(retention), schedule: retention.schedule, storage };
}

/** What a retention keeps, and for how long. */
export function rulesOf(retention: Retention): RetentionRules {
  if (retention.flat !== undefined) return { kind: 'flat', for: retention.flat };
  const keep: Partial<Record<Tier, Keep>> = {};
  for (const tier of tiers) {
    const written = retention[tier];
    if (written !== undefined) keep[tier] = written;
  }
  return { kind: 'gfs', keep, anchors: anchorsOf(retention.anchors) };
}

function anchorsOf(written: Retention['anchors']): Anchors {
  const [month, day] = (written?.yearly ?? '01-01').split('-').map(Number);
  return {
    weekly: weekdays.indexOf(written?.weekly ?? 'sunday') + 1,
    monthly: written?.monthly ?? 1,
    yearly: { month: month ?? 1, day: day ?? 1 },
  };
}
