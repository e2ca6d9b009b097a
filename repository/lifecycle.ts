/**
 * Lifecycle rules: what a bucket does with objects by itself, by age. Pure: what a configuration would do, and the one
 * that fits a policy.
 */
import type { KeptSource } from '../policy/kept-in.ts';

/** One rule, as far as it matters here; a bucket's own words for it stay beside it. Times in days. */
export type BucketRule = {
  id: string;
  enabled: boolean;
  /** Beginning of the whole keys that it is for, the repository's prefix included. */
  prefix: string;
  /** It is only for objects with certain tags: Holdfast gives none. */
  tagged: boolean;
  /** It is only for objects of more and of fewer bytes than that. */
  above: number | null;
  below: number | null;
  /** `date`: on a day of the calendar, whatever the age. */
  expire: number | 'date' | null;
  expireMarkers: boolean;
  expireNoncurrent: number | null;
  abortUploads: number | null;
  transitions: { days: number | 'date'; storageClass: string }[];
  /** The service moves no objects of so many bytes or fewer, whatever the rule says; null where it says nothing of that. */
  movesAbove: number | null;
};

/** What a policy wants of a bucket. */
export type Wanted = {
  /** Of the repository, without a slash at its end; empty for none. */
  prefix: string;
  /** What it holds; none where it is no place for copies, such as that of the audit log. */
  kept: KeptSource[];
  /** Whether the bucket is to expire data once no tier keeps it. */
  expire: boolean;
};

/** Rules whose ids begin so are Holdfast's, and are replaced; the others are left as they are. */
export const ownRules = 'holdfast-';

/**
 * Files of more bytes than this are data: a lifecycle rule can tell objects by the beginning of their keys and by size,
 * and `data-…` stands at the end of a key. Smaller data gains nothing in a colder class.
 */
export const dataFrom = 2 ** 20;

/** Manifests, signatures, markers and RESTORE.md are never larger, in bytes. */
export const smallUpTo = 2 ** 17 - 1;

/** S3 bills objects in a class for so many days at least: https://aws.amazon.com/s3/storage-classes/ */
const ladder = [
  { days: 30, storageClass: 'STANDARD_IA', billed: 30 },
  { days: 90, storageClass: 'GLACIER', billed: 90 },
  { days: 365, storageClass: 'DEEP_ARCHIVE', billed: 180 },
] as const;

/** How long what was hidden or replaced stays recoverable, in days. */
export const noncurrentDays = 30;
const aDay = 86_400;
/** S3 counts from the next midnight, in UTC, and a retention run may be late by its week. */
const expiryMargin = 8;

/**
 * The rules for a bucket that is to move data by itself. One for each source, since sources are kept for different
 * times, and one for what is left over. Nothing expires unless it is asked for: a bucket does not know of the last
 * verified backup, nor of holds.
 */
export function lifecycleFor({ prefix, kept, expire }: Wanted): BucketRule[] {
  const root = prefix === '' ? '' : `${prefix}/`;
  const longestBackup = Math.max(0, ...kept.map(({ deadline }) => deadline));
  const leftovers: BucketRule = {
    ...emptyRule(`${ownRules}leftovers`, root),
    expireMarkers: true,
    expireNoncurrent: noncurrentDays,
    abortUploads: Math.max(7, Math.ceil(longestBackup / aDay) + 1),
  };
  const moving = kept.flatMap(({ source, longest }): BucketRule[] => {
    const days = longest === null ? null : Math.ceil(longest / aDay);
    const rule = {
      ...emptyRule(`${ownRules}${source}`, `${root}${source}/`),
      above: dataFrom,
      expire: expire && days !== null ? days + expiryMargin : null,
      transitions: ladder.flatMap(({ days: at, storageClass, billed }) =>
        days === null || days >= at + billed ? [{ days: at, storageClass }] : [],
      ),
    };
    return rule.expire === null && rule.transitions.length === 0 ? [] : [rule];
  });
  return [leftovers, ...moving];
}

/** A rule for all objects whose keys begin so, that does nothing with them. */
export function emptyRule(id: string, prefix: string): BucketRule {
  return {
    id,
    enabled: true,
    prefix,
    tagged: false,
    above: null,
    below: null,
    expire: null,
    expireMarkers: false,
    expireNoncurrent: null,
    abortUploads: null,
    transitions: [],
    movesAbove: null,
  };
}

/** A rule in words, for people. */
export function ruleText(rule: BucketRule): string {
  const { prefix, above, below, transitions } = rule;
  const size = [
    above === null ? [] : [`of more than ${above} bytes`],
    below === null ? [] : [`of fewer than ${below} bytes`],
    rule.tagged ? ['with certain tags'] : [],
  ].flat();
  const moves = transitions.map(({ days, storageClass }) => `${storageClass} ${after(days)}`);
  const does = [
    ...(moves.length === 0 ? [] : [`moves to ${moves.join(', ')}`]),
    ...(rule.expire === null ? [] : [`expires ${after(rule.expire)}`]),
    ...(rule.expireNoncurrent === null ? [] : [`removes older versions ${after(rule.expireNoncurrent)}`]),
    ...(rule.expireMarkers ? ['removes delete markers that hide nothing'] : []),
    ...(rule.abortUploads === null ? [] : [`removes unfinished uploads ${after(rule.abortUploads)}`]),
  ];
  const objects = [`everything below "${prefix}"`, ...size].join(' ');
  return `${rule.id}${rule.enabled ? '' : ' (disabled)'}: ${objects}: ${does.join('; ') || 'nothing'}`;
}

function after(days: number | 'date'): string {
  return days === 'date' ? 'on a fixed day' : `after ${days} days`;
}
