import type { DataPath } from '../problem.ts';
import type { ResolvedPolicy } from '../resolved.ts';
import type { Policy } from '../schema.ts';

export type WeaknessId =
  | 'one-copy'
  | 'no-offsite-copy'
  | 'one-medium'
  | 'residency-broken'
  | 'no-immutable-copy'
  | 'lock-shorter-than-retention'
  | 'lock-longer-than-retention'
  | 'tier-keeps-nothing-more'
  | 'anchor-unused'
  | 'storage-class-unused'
  | 'same-credentials-delete'
  | 'no-audit'
  | 'audit-not-write-once'
  | 'audit-at-source-site'
  | 'too-few-approvers'
  | 'one-approval'
  | 'unsigned-approvals'
  | 'short-delay'
  | 'shared-email'
  | 'key-in-repository'
  | 'key-opens-nowhere'
  | 'passphrase-key'
  | 'no-restore-test'
  | 'copies-never-tested'
  | 'below-copy-rule'
  | 'scratch-on-live-server'
  | 'unmasked-refresh'
  | 'nobody-alerted'
  | 'critical-not-routed'
  | 'channel-unused'
  | 'no-outside-watcher'
  | 'no-retention'
  | 'rarer-than-rpo'
  | 'deadline-longer-than-interval'
  | 'unverified-connection'
  | 'no-fingerprint'
  | 'source-without-plan'
  | 'one-person-role'
  | 'unchecked-recovery'
  | 'fenced-by-word'
  | 'no-undo'
  | 'unsigned-dns-updates'
  | 'service-without-runbook'
  | 'continuity-never-reviewed';

/** A way in which a valid policy may fail its team. `serious`: it breaks a rule that the team or the law set. */
export type Weakness = {
  id: WeaknessId;
  severity: 'serious' | 'advice';
  path: DataPath;
  /** What is weak, in a sentence. */
  message: string;
  /** What to do about it, in a sentence. */
  hint: string;
};

/** What the rules look at: the policy as written, for what resolving leaves out, and as resolved. */
export type Weighed = { written: Policy; resolved: ResolvedPolicy };
