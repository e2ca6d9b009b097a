import type { ResolvedPlan, ResolvedSource, SecretRef } from '../policy/resolved.ts';
import type { ScratchServer } from '../policy/resolved-proof.ts';
import type { CommandSpec } from '../process/index.ts';
import type { Manifest, ManifestFile } from '../repository/manifest.ts';

/** What long work needs from whoever started it. */
export type WorkContext = {
  /** Ends everything that the work started: processes with their groups, connections, temporary files. */
  signal: AbortSignal;
  /** A private directory (0700) that its owner removes after the work. */
  directory: string;
  /** Reads a secret at the moment of use. */
  secret(ref: SecretRef): Promise<string>;
  log(level: 'info' | 'warn', message: string, fields?: Record<string, unknown>): void;
};

/** One line of `doctor` or of a preflight. */
export type Finding = { check: string; ok: boolean; sentence: string };

/** The facts of a source that a preflight found, for the manifest. */
export type SourceFacts = {
  server: string;
  tools: Record<string, string>;
  estimatedBytes: number;
  /** What a scratch place must be like, such as encoding and locale; goes into the manifest as it is. */
  origin: Record<string, string>;
};

export type StreamFile = Pick<ManifestFile, 'role' | 'stages'> & {
  /** File name without what the pipeline adds: `data.dump`, `globals.sql`. */
  extension: string;
  /** Does what must come before the stream (a directory dump), then gives the command whose stdout is the stream. */
  open(): Promise<CommandSpec>;
  /** What a failure of that command was: permanent where only a person can mend it. Passes other errors through. */
  explain(error: unknown): unknown;
};

/** What `fingerprint.json` holds; its inside belongs to the kind of source. */
export type FingerprintDocument = {
  summary: NonNullable<Manifest['fingerprint']>;
  /** Canonical JSON: equal data gives equal bytes. */
  json: string;
};

/** A consistent view of a source: everything read through it shows one instant. */
export type BackupSession = {
  facts: SourceFacts;
  /** ISO 8601, UTC: the instant that the data shows. */
  dataTime: string;
  streams: StreamFile[];
  /** Null when the policy turns it off. Runs beside the streams. */
  fingerprint(): Promise<FingerprintDocument | null>;
  /** Gives up the view. Never throws. */
  close(): Promise<void>;
};

/** One way in which restored data differs from what was backed up. */
export type Difference = { what: string; expected: string; actual: string };

/** No difference means equal; a warning is what can differ between two hosts without any data being lost. */
export type Comparison = {
  differences: Difference[];
  warnings: string[];
  /** What was compared of it; absent: all that the fingerprint has. */
  tables?: number;
  rows?: number;
};

/** An isolated place that a restore goes into (law 5). */
export type ScratchPlace = {
  /** How a person reaches it, without a secret: a command to paste. */
  connect: string;
  /**
   * Restores the plaintext files of one backup: each role with the path or stream of its bytes already decrypted
   * and decompressed.
   */
  restore(input: {
    manifest: Manifest;
    open(file: ManifestFile): Promise<RestoreInput>;
    how?: RestoreHow;
  }): Promise<RestoreFacts>;
  /** Compares what was restored with the fingerprint of the backup, exactly. */
  compare(fingerprintJson: string): Promise<Comparison>;
  /** Looks at what was restored as a restore test does; nothing in the place is changed by it. */
  prove(request: ProofRequest): Promise<Proved>;
  /** How a command reaches the place, with its password: for the environment of that command alone. */
  environment(): Promise<Record<string, string>>;
  /** Removes the place and verifies that it is gone (law 13). */
  destroy(): Promise<void>;
};

/** What of a backup is restored, and how; absent: all of it, by one job. */
export type RestoreHow = {
  /** The rows of these alone, as people name them. */
  tables?: readonly string[];
  /** No rows at all. */
  schemaOnly?: boolean;
  /** Absent: with what is outside of the database, such as roles. */
  globals?: boolean;
  jobs?: number;
};

/** What a restore test wants to know of restored data. */
export type ProofRequest = {
  /** The text of the backup's fingerprint; null when it has none. */
  fingerprint: string | null;
  /** The column whose newest value tells how fresh the data is. */
  freshness?: {
    table: string;
    column: string;
    /** Of values without a zone. */
    timezone: string;
    /** ISO 8601: the instant that the data shows. */
    dataTime: string;
    /** Seconds that the newest value may be older than that; null: nobody says. */
    within: number | null;
  };
  /** Queries of the policy's; what they mean belongs to the kind of source. */
  smoke: string[];
  /** Seconds for each of them. */
  timeout: number;
};

/** One thing that was checked; `not-checked` is no pass (law 11). */
export type Proof = {
  check: 'schema' | 'rows' | 'checksums' | 'sequences' | 'indexes' | 'freshness' | 'smoke';
  outcome: 'passed' | 'failed' | 'not-checked';
  sentence: string;
};

export type Proved = { checks: Proof[]; warnings: string[]; newestRow: string | null };

/** A declared server that a scratch place is made on, and whose it is. */
export type OnServer = {
  server: ScratchServer;
  /** The run that it is made for: what an earlier attempt of the same run left is removed first. */
  workflowId: string;
  /** ISO 8601: from then on anybody who uses the server removes it. */
  until: string;
  /** Whether a run is over, so that what it left is removed before its time; absent: not known. */
  isOver?(workflowId: string): Promise<boolean>;
};

/** Commands that give the plaintext on stdout once `feed` has written the stored bytes to the first one's stdin. */
export type RestoreInput = {
  /** Stages that undo encryption and compression; the first reads the stored bytes from its stdin. */
  undo: CommandSpec[];
  /** The stored bytes, hashed as they flow: ends with `corrupt-copy` when the hash is not the manifest's. */
  stored: AsyncIterable<Uint8Array>;
};

export type RestoreFacts = {
  seconds: number;
  warnings: string[];
  /** What was not restored, since nobody asked for it. */
  leftOut?: string[];
};

/** One kind of source. A new kind is a folder with one of these, and one line in `sources/index.ts`. */
export type SourceDriver<S extends ResolvedSource> = {
  kind: S['kind'];
  /** Tools and versions, reachable, rights, space. Throws nothing: each fault is a finding. */
  doctor(source: S, work: WorkContext): Promise<Finding[]>;
  /** Opens the consistent view. Throws a permanent HoldfastError for what only a person can mend. */
  openBackup(source: S, plan: Pick<ResolvedPlan, 'recent'>, work: WorkContext): Promise<BackupSession>;
  /** Makes an isolated place for a backup of the given server version: on this host, or on a declared server. */
  openScratch(manifest: Manifest, work: WorkContext, on?: OnServer): Promise<ScratchPlace>;
  /** Asks the kind's tool for the table of contents of a backup's plaintext; entries found. */
  listContents(manifest: Manifest, input: RestoreInput, work: WorkContext): Promise<number>;
  /** The section of RESTORE.md that turns plaintext files into a database with public tools. */
  restoreSteps(manifest: Manifest): string;
  /** Removes scratch places on this host whose owner is gone. */
  sweepScratch(log: WorkContext['log']): Promise<string[]>;
};
