import type { ResolvedMessage } from '../policy/resolved-communication.ts';
import type { RecoveryPhase } from '../policy/resolved-failover.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';

/** How one service is brought back, and what shows that it can be: made from the policy and from signed reports. */
export type ContinuityPlan = {
  /** With exceptions where something could not be looked at. */
  result: 'passed' | 'passed-with-exceptions';
  organization: string;
  policyHash: string;
  /** ISO 8601. */
  at: string;
  /** Who asked for it. */
  person: string | null;
  service: { name: string; say: string; owner: string };
  objectives: Objective[];
  sources: { name: string; zone: string; site: string; tier: string | null; plans: string[] }[];
  plans: PlannedBackup[];
  keys: { name: string; opensIn: string[] }[];
  targets: { name: string; zone: string; runbooks: string[] }[];
  runbooks: PlannedRunbook[];
  contacts: Contact[];
  /** What is written beforehand to be told, and to whom. */
  messages: Pick<ResolvedMessage, 'name' | 'audience' | 'moment' | 'role' | 'channel' | 'within'>[];
  history: TestRecord[];
  /** Older ones that are not listed. */
  more: number;
  /** What the tests of the history were looked for since. */
  since: string;
  weaknesses: { severity: 'serious' | 'advice'; path: string; message: string; hint: string }[];
  review: { every: number; reviewed: string | null; next: string | null; overdue: boolean };
  /** What could not be looked at. */
  exceptions: string[];
};

/** A target, and what was measured last. */
export type Objective = {
  what: string;
  tier: string | null;
  rto: Measured;
  rpo: Measured;
  /** What measured it, and when; null: nothing did. */
  by: { kind: string; at: string; path: string } | null;
};

export type PlannedBackup = {
  name: string;
  source: string;
  schedule: string;
  retention: string | null;
  key: string;
  copies: CopyPlace[];
  /** When restore tests are made; null: on demand alone, or never. */
  tested: string | null;
};

export type CopyPlace = {
  repository: string;
  zone: string;
  site: string;
  medium: string;
  /** How it is kept from being deleted. */
  protection: string;
  /** When a copy from there was proven last. */
  provenAt: string | null;
};

export type PlannedRunbook = {
  name: string;
  version: string;
  say: string;
  class: string;
  lost: string[];
  commander: string;
  steps: { id: string; phase: RecoveryPhase; role: string; zone: string; does: string; asks: boolean }[];
  /** The newest run that passed of this very version; null: there was none. */
  rehearsed: { at: string; mode: string; result: string; path: string } | null;
};

export type Contact = { person: string; email: string | null; roles: string[]; why: string[] };

export type TestRecord = {
  at: string;
  kind: string;
  subject: string;
  result: string;
  rto: Measured;
  rpo: Measured;
  path: string;
  sha256: string;
};
