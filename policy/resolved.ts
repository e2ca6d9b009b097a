/**
 * What a policy becomes before it leaves the command line: plain data with every reference inlined, so that a worker
 * needs no policy file. These types go through workflow code: no methods, no zod, no secrets, only where to find them.
 * All times are in seconds and all sizes in bytes.
 */

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

type RepositoryCommon = Place & { name: string; medium: 'disk' | 'object' | 'tape' };

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
  schedule: { cron: string; jitter: number; catchup: number; deadline: number; paused: boolean };
  /** A copy that accepts no byte for so long is dropped from the run and caught up later. */
  stall: number;
  /** The table and column whose newest value says how fresh the data is. */
  recent?: { table: string; column: string };
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
};
