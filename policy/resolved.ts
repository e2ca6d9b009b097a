/**
 * What a policy becomes before it leaves the command line: plain data with every reference inlined, so that a worker
 * needs no policy file. These types go through workflow code: no methods, no zod, no secrets, only where to find them.
 * All times are in seconds and all sizes in bytes.
 */

import type { Disaster } from './resolved-communication.ts';
import type { ResolvedRunbook } from './resolved-failover.ts';
import type {
  NotificationRules,
  Ping,
  Prices,
  ResolvedChecks,
  ResolvedRefresh,
  ResolvedRestoreTest,
  ScratchServer,
  SwitchRule,
} from './resolved-proof.ts';
import type { Span } from './units.ts';

/** Where a worker finds a secret at the moment of use. The secret itself never enters a policy or a workflow. */
export type SecretRef = { env: string } | { file: string } | { command: string[] };

export type Place = { zone: string; region: string; site: string };

export type PostgresSource = {
  kind: 'postgres';
  name: string;
  zone: string;
  host: string;
  port: number;
  database: string;
  user: string;
  password?: SecretRef;
  ssl: { mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'; rootCertificate?: string };
  /** Jobs of pg_dump; 1 streams the custom format, more use the directory format through scratch space. */
  parallel: number;
  globals: 'without-passwords' | 'with-passwords' | 'off';
  fingerprint: 'counts' | 'checksums' | 'off';
  lockTimeout: number;
  /** How a restored database takes the live one's place; absent: it can't. */
  switch?: SwitchRule;
};

/** A kind of source is one member here and one folder under `sources/`. */
export type ResolvedSource = PostgresSource;

export type GpgKey = {
  kind: 'gpg';
  name: string;
  /** Armored OpenPGP public keys, inlined. */
  recipients: string[];
  /** Zones in which the private key may be read, and where. */
  opens: Record<string, SecretRef>;
};

export type PassphraseKey = {
  kind: 'passphrase';
  name: string;
  /** The passphrase by zone: needed where the backup is made and where it is restored. */
  passphrase: Record<string, SecretRef>;
};

export type ResolvedKey = GpgKey | PassphraseKey;

type RepositoryCommon = Place & {
  name: string;
  medium: 'disk' | 'object' | 'tape';
  /** Set where a person attaches it when asked, such as a disk in a safe; backups do not wait for it. */
  manual?: Manual;
};

/** How an air-gapped repository is filled. */
export type Manual = {
  schedule: ScheduleSettings;
  /** Who is asked to attach it. */
  role: string;
  /** Seconds between reminders; from the third one on `escalate` is asked as well. */
  remind: number;
  escalate?: string;
  /** Seconds after which the run gives up. */
  patience: number;
};

/** When something runs: five cron fields in the policy's time zone, times in seconds. */
export type ScheduleSettings = {
  cron: string;
  jitter: number;
  catchup: number;
  deadline: number;
  paused: boolean;
};

export type FilesystemRepository = RepositoryCommon & {
  kind: 'filesystem';
  path: string;
  /** A backup is refused when less than this would be free before it starts. */
  keepFree: number;
};

export type S3Credentials = { env: string } | { file: string } | { command: string[] };

export type S3Repository = RepositoryCommon & {
  kind: 's3';
  bucket: string;
  /** Key prefix without a slash at either end; empty for none. */
  prefix: string;
  awsRegion: string;
  endpoint?: string;
  pathStyle: boolean;
  storageClass?: string;
  encryption?: { kind: 'sse-s3' } | { kind: 'sse-kms'; keyId: string };
  lock?: { mode: 'governance' | 'compliance'; for: number };
  /** `<env>_ACCESS_KEY_ID` and so on, an AWS credentials file, or a credential process; absent: the SDK's own chain. */
  credentials?: S3Credentials;
  /** Used for expiry and approved deletion alone, so that the everyday credentials need no right to delete. */
  deleteCredentials?: S3Credentials;
  /** Whether the SDK adds its own CRC checksums; many S3-compatible stores refuse them. */
  checksums: 'when-supported' | 'when-required';
  caFile?: string;
};

export type ResolvedRepository = FilesystemRepository | S3Repository;

export type Signer = { name: string; publicKey: string };

export type ResolvedPlan = {
  format: 1;
  organization: string;
  name: string;
  timezone: string;
  /** SHA-256 of the policy file at the time when this plan last changed. */
  policyHash: string;
  source: ResolvedSource;
  key: ResolvedKey;
  copies: ResolvedRepository[];
  /** Whose signatures count. */
  signers: Signer[];
  /** The private signing key by zone. */
  signingKeys: Record<string, SecretRef>;
  tier?: { name: string; rpo: number; rto: number };
  schedule: ScheduleSettings;
  /** How long backups are kept; absent: for ever. */
  retention?: ResolvedRetention;
  /** Other plans of the same source: only a manifest tells their backups from this plan's. */
  siblings?: string[];
  /** Repositories that a person attaches; they are filled on schedules of their own. */
  airgapped?: ResolvedRepository[];
  /** Where what happens is recorded; absent: nowhere. */
  audit?: AuditTarget;
  /** Set where a run that a person starts wants a request signed with a hardware-backed key of one of these people. */
  secondFactor?: Person[];
  /** A copy that accepts no byte for so long is dropped from the run and caught up later. */
  stall: number;
  /** The table and column whose newest value says how fresh the data is. */
  recent?: { table: string; column: string };
  /** Without a schedule: on demand alone. Absent: no zone that opens the key can read a copy. */
  restoreTest?: ResolvedRestoreTest;
  /** Told of each run, for a watcher outside. */
  ping?: Ping;
  /** The zone that keeps the alerts; absent in plans that were applied before there were any. */
  alertZone?: string;
};

/** What retention keeps a backup as, from the shortest kept to the longest. */
export const tiers = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type Tier = (typeof tiers)[number];

/** How long a tier is kept: a span of the calendar, or so many of the newest. */
export type Keep = { for: Span } | { newest: number };

/** The days whose backups stand for their periods. */
export type Anchors = {
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  weekly: number;
  /** Day of the month, 1 to 28. */
  monthly: number;
  yearly: { month: number; day: number };
};

export type RetentionRules =
  | { kind: 'gfs'; keep: Partial<Record<Tier, Keep>>; anchors: Anchors }
  /** Every backup for the same time, such as secrets for seven years. */
  | { kind: 'flat'; for: Span };

export type ResolvedRetention = {
  name: string;
  rules: RetentionRules;
  schedule: ScheduleSettings;
  /** Where the copies of a promoted backup go: to another storage class, or into another repository as well. */
  storage: Partial<Record<Tier, { storageClass?: string; repository?: ResolvedRepository }>>;
};

/** Somebody who may ask for things and approve them. */
export type Person = {
  name: string;
  roles: string[];
  email?: string;
  /** OpenSSH public keys; `sk-…` ones are hardware-backed. */
  sshKeys: string[];
};

/** What a deletion needs before anything goes; times in seconds. */
export type DeletionRule = {
  approvals: number;
  role: string;
  delay: number;
  /** A request without enough approvals ends after so long. */
  expires: number;
  /** `named` trusts the sender's name: for small teams and tests. */
  signatures: 'signed' | 'named';
  /** Whether the request itself is signed with a hardware-backed key. */
  secondFactor: boolean;
};

/** Where a zone's workers append to their audit chain, and who signs its heads. */
export type AuditTarget = {
  organization: string;
  /** Write-once, and apart from the backups. */
  repository: ResolvedRepository;
  /** The private signing key by zone. */
  signingKeys: Record<string, SecretRef>;
  /** Other repositories that keep signed heads too, so that a chain cut short is noticed. */
  witnesses: ResolvedRepository[];
};

/** What a team keeps running for others, and what brings it back. All names are of the policy. */
export type ResolvedService = {
  name: string;
  say: string;
  owner: string;
  /** With those of its plans; sorted. */
  sources: string[];
  /** With those of its sources; sorted. */
  plans: string[];
  runbooks: string[];
  contacts: string[];
  /** Seconds between two looks through its continuity plan. */
  review: number;
  /** YYYY-MM-DD; null: never. */
  reviewed: string | null;
};

/** A policy with every reference resolved, as `plan`, `apply` and the reading commands use it. */
export type ResolvedPolicy = {
  organization: string;
  timezone: string;
  hash: string;
  zones: Record<string, Place>;
  repositories: Record<string, ResolvedRepository>;
  sources: Record<string, ResolvedSource>;
  signers: Signer[];
  signingKeys: Record<string, SecretRef>;
  plans: Record<string, ResolvedPlan>;
  people: Person[];
  deletion: DeletionRule;
  /** Absent: nothing is recorded. */
  audit?: AuditTarget;
  /** What people start only with a hardware-backed key. */
  secondFactor: ('backup' | 'restore' | 'deletion')[];
  scratchServers: Record<string, ScratchServer>;
  refreshes: Record<string, ResolvedRefresh>;
  /** Those that can be run by themselves. */
  runbooks: Record<string, ResolvedRunbook>;
  disasters: Record<string, Disaster>;
  services: Record<string, ResolvedService>;
  checks: ResolvedChecks;
  notifications: NotificationRules;
  prices: Prices;
};
