/**
 * What a policy says of proving: restore tests, refreshes, checks, alerts and prices, resolved. As in `resolved.ts`: plain
 * data, times in seconds, no secrets but where to find them.
 */
import type {
  PostgresSource,
  ResolvedKey,
  ResolvedRepository,
  ScheduleSettings,
  SecretRef,
  Signer,
} from './resolved.ts';
import type { Span } from './units.ts';

/** A command of the policy's, run without a shell on a zone's worker, in its own process group. */
export type PolicyCommand = {
  run: string[];
  /** Seconds after which it is ended, with all that it started. */
  timeout: number;
  /** Secrets that it gets as environment variables. */
  secrets: Record<string, SecretRef>;
};

/** Which backup a restore test takes. */
export type TestChoice =
  | { kind: 'latest' }
  /** Any of those made within this time. */
  | { kind: 'random'; within: Span }
  /** The one that was proven longest ago, never proven ones first. */
  | { kind: 'untested' };

/** A PostgreSQL server that scratch databases may be made on; its role has CREATEDB. */
export type ScratchServer = Pick<PostgresSource, 'zone' | 'host' | 'port' | 'user' | 'password' | 'ssl'> & {
  name: string;
};

export type ResolvedRestoreTest = {
  /** Absent: on demand alone. */
  schedule?: ScheduleSettings;
  pick: TestChoice;
  /** Whose worker restores; it opens the plan's key. */
  zone: string;
  /** Names of the plan's repositories that are proven in turn. */
  from: string[];
  /** Queries that answer true on the restored data. */
  smoke: string[];
  /** The user's own check; the scratch database is in PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. */
  command?: PolicyCommand;
  /** Absent: a private cluster is made for it. */
  server?: ScratchServer;
  /** Jobs of pg_restore. */
  jobs: number;
  /** Copies in an archive class are brought back for a test; absent: they are left out, and never proven. */
  thaw?: Thawing;
};

export type Thawing = {
  /** For how many days an archive brings a copy back. */
  days: number;
  /** Seconds after which a copy that has not come back is given up. */
  patience: number;
};

/** An archive takes up to two days; what it has brought back stays for a week. */
export const usualThawing: Thawing = { days: 7, patience: 4 * 86_400 };

/** How a restored database is put in place of the live one of a source. */
export type SwitchRule = {
  /** A role that may rename the live database and make others. */
  user: string;
  password?: SecretRef;
  /** Approvals by people of this role; never by the one who asked. */
  approvals: number;
  role: string;
  signatures: 'signed' | 'named';
  /** Seconds after which a switch that nobody approved is given up, with its scratch database. */
  expires: number;
  /** Stops the services that use the database; undone by `resume` also when a later step fails. */
  quiesce?: PolicyCommand;
  resume?: PolicyCommand;
};

/** A development database that is made anew from a verified backup, trimmed and masked before anybody can read it. */
export type ResolvedRefresh = {
  name: string;
  /** The plan of whose backups it is made. */
  plan: string;
  source: string;
  /** Whether another plan backs up the same source. */
  shared?: true;
  /**
   * Seconds that the newest proven backup may be old to be taken before newer ones that nobody has tested; absent in
   * Schedules of version 0.1: the newest one is taken.
   */
  provenWithin?: number;
  server: ScratchServer;
  database: string;
  /** The role that owns it afterwards, and that alone may connect. */
  owner: string;
  /** SQL, in order: `trim` first. */
  trim: string[];
  mask: string[];
  /** Queries that must answer true before anybody is let in: that nothing unmasked is left. */
  verify: string[];
  schedule?: ScheduleSettings;
  /** The plan that backs the refreshed database up, started afterwards. */
  then?: string;
  candidates: ResolvedRepository[];
  keys: ResolvedKey[];
  signers: Signer[];
  jobs: number;
};

/** A URL, or where a worker finds one that is a secret. */
export type UrlRef = { url: string } | SecretRef;

/** A dead man's switch outside: told of each run's start, success and failure. */
export type Ping = { url: UrlRef };

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export type MailServer = {
  host: string;
  port: number;
  /** `none` only to this host. */
  security: 'tls' | 'starttls' | 'none';
  from: string;
  user?: string;
  password?: SecretRef;
  caFile?: string;
};

export type Channel =
  | { name: string; kind: 'email'; to: string[] }
  /** JSON by POST; with a secret, signed by HMAC-SHA-256 in `Holdfast-Signature`. */
  | { name: string; kind: 'webhook'; url: UrlRef; secret?: SecretRef }
  | { name: string; kind: 'slack'; url: UrlRef };

/** Who is told of what; the first route that fits an alert's severity and role counts. */
export type Route = {
  severities: Severity[];
  /** Alerts about these roles alone; absent: all. */
  roles?: string[];
  to: string[];
  /** Seconds between repetitions while an alert stays open; 0: once. */
  repeat: number;
  /** After so many seconds open, these channels as well. */
  escalate: { after: number; to: string[] }[];
};

export type NotificationRules = { mail?: MailServer; channels: Channel[]; routes: Route[] };

/** What `health` measures against; fractions of 1, seconds. */
export type HealthThresholds = {
  /** How far a backup's size may be from the median of those before. */
  sizeChange: number;
  /** How far the compression ratio may fall below the median. */
  compressionFall: number;
  /** How full a repository with an end may be. */
  storage: number;
  /** How long before its end an expiring key is told. */
  keyExpiry: number;
  /** How old the newest proof of a plan with restore tests may be, beyond its schedule's longest interval. */
  testGrace: number;
};

export type CopyRule = {
  /** With production. */
  copies: number;
  media: number;
  /** Sites other than the source's. */
  offsite: number;
  /** How many of the newest copies in each repository are re-hashed at each check. */
  sample: number;
};

export type ResolvedChecks = {
  /** Whose workers run the checks, keep the alerts and send notifications. */
  zone: string;
  /** Its `ping` is told of each look, and not of what is found. */
  health: ScheduleSettings & HealthThresholds & { ping?: Ping };
  copies: ScheduleSettings & CopyRule;
  residency: string[] | null;
};

export type Price = {
  /** A repository's name, or a storage class; the repository's counts first. */
  of: string;
  /** For 1 GiB and a month. */
  perGiB: number;
  /** Amazon's own list price, which says nothing of other services. */
  listed?: true;
};

export type Prices = {
  currency: string;
  /** When these prices were true: YYYY-MM-DD. */
  asOf: string;
  table: Price[];
  /** For a month. */
  budget: number | null;
};
