/** A source's history as retention sees it, and what it decides. Plain data; times are ISO 8601 in UTC, days local. */
import type { RetentionRules, Tier } from '../policy/resolved.ts';

/** A promise that a `keep` marker made: through that day (YYYY-MM-DD) in the policy's time zone. */
export type KeepPromise = { tier: Tier; until: string };

/** Why a copy is left alone whatever the rules say. */
export type Untouchable =
  | 'air-gapped'
  | 'legal-hold'
  | 'lock-unknown'
  | 'elsewhere'
  | 'unconfirmed'
  /** It failed its last restore test: it counts for nothing, and a person decides what becomes of it. */
  | 'disproven';

export type RetainedCopy = {
  repository: string;
  bytes: number;
  /** Its removal has begun: it counts for nothing, and is only to be finished. */
  deleting: boolean;
  /** Object lock; null when there is none, or when it has not been asked for yet. */
  lockedUntil: string | null;
  untouchable?: Untouchable;
  promised: KeepPromise[];
};

/** A backup: at least one committed copy, or one whose removal has begun. A committed copy was read back (law 1). */
export type RetainedBackup = {
  backupId: string;
  startedAt: string;
  copies: RetainedCopy[];
  /** Ids of legal holds that nobody has released. */
  holds: string[];
  /** The longest that a restore may be reading it; null when none does. */
  readingUntil: string | null;
  /** Backups without which it can't be restored. */
  needs: string[];
};

export type RetentionQuestion = {
  rules: RetentionRules;
  /** Tiers that a backup is promoted to: given a marker, a lock and a place of their own. */
  promoted: readonly Tier[];
  /** Repositories that a backup is copied into as well when it reaches a tier. */
  archives?: Partial<Record<Tier, string>>;
  timezone: string;
  now: string;
  backups: readonly RetainedBackup[];
};

/** What a backup is kept as by today's rules. */
export type Standing = {
  tier: Tier | 'flat';
  /** The period that it stands for: its first day, with the hour for an hourly one. */
  period: string;
  /** The last day on which it is kept as this. */
  until: string;
  why: string;
};

/** What stands between a backup and its expiry. */
export type Blocker =
  | 'promised'
  | 'newest'
  | 'newest-in-repository'
  | 'needed'
  | 'hold'
  | 'reading'
  | 'locked'
  | 'clock'
  | Untouchable;

/** A tier that a backup has reached and that some of its copies lack the marker for. */
export type Promotion = { tier: Tier; period: string; until: string; repositories: string[] };

export type Decided = {
  backupId: string;
  action: 'keep' | 'promote' | 'expire';
  tiers: Standing[];
  promotions: Promotion[];
  /** Repositories whose copies go. */
  remove: string[];
  /** Why, in sentences: first why it is kept or goes, then what else there is to say. */
  reasons: string[];
  blockedBy: Blocker[];
  /** Kept longer than today's rules allow; until which day, where that is known. */
  violation?: { sentence: string; until: string | null };
};

export type RetentionDecision = {
  /** Oldest first. */
  backups: Decided[];
  counts: { keep: number; promote: number; expire: number; violations: number };
  /** Bytes of the copies that go. */
  freed: number;
};
