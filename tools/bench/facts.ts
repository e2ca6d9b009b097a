/** What a run of the benchmark finds out: plain data, from which the document is made. Seconds and bytes. */

export const sections = [
  'pipe',
  'script',
  'restic',
  'pgbackrest',
  'restore',
  'memory',
  'empty',
  'plans',
  'retention',
  'audit',
  'status',
] as const;
export type Section = (typeof sections)[number];

export const contenders = [
  'holdfast-counts',
  'holdfast-one',
  'holdfast-off',
  'holdfast-checksums',
  'pipe',
  'script',
  'restic',
  'pgbackrest',
] as const;
export type Contender = (typeof contenders)[number];

/** One backup by one contender. */
export type Sample = {
  contender: Contender;
  seconds: number;
  /** Seconds of its phases, by their names. */
  parts: Record<string, number>;
  storedBytes: number;
  /** Seconds of work of all processors during it, whoever did it. */
  cpuSeconds: number;
};

export type Machine = {
  cores: number;
  processor: string;
  memoryBytes: number;
  kernel: string;
  /** Versions of everything that took part, by name. */
  versions: Record<string, string>;
  /** How busy other work kept the processors before the run: 0 to 1. */
  busyBefore: number;
};

export type MemoryFact = { databaseBytes: number; idleBytes: number; peakBytes: number[] };

export type PlansFact = {
  plans: number;
  /** Seconds of each command, in this order. */
  plan: number;
  apply: number;
  planAgain: number;
  applyAgain: number;
};

/** Retention decided on one history; seconds and the most memory of each run, the survey's size in one message. */
export type RetentionFact = { backups: number; seconds: number[]; peakBytes: number[]; packedBytes: number };

/** The audit log: entries a second of one writer, an event in each write, and a verification in a process of its own. */
export type AuditFact = {
  appended: { directory: number; bucket: number };
  entries: number;
  seconds: number;
  peakBytes: number;
};

/**
 * Restores of the large database, in seconds: what each took to bring the data in, the whole restore with its scratch
 * place and its comparison, and the whole restore test.
 */
export type RestoreFact = {
  /** Of the restores with several. */
  jobs: number;
  pipe: number[];
  one: number[];
  several: number[];
  whole: number[];
  test: number[];
};

/** `status` of many plans on S3: seconds with a worker that has just started, and again; requests that it took. */
export type StatusFact = {
  plans: number;
  /** Of each plan. */
  backups: number;
  objects: number;
  cold: number[];
  again: number;
  requests: number;
};

export type Facts = {
  /** YYYY-MM-DD */
  date: string;
  machine: Machine;
  sections: readonly Section[];
  runs: number;
  database: { rows: number; bytes: number; dumpBytes: number };
  /** pg_dump to nowhere, once for each round: what no backup by pg_dump can beat. */
  floorSeconds: number[];
  samples: Sample[];
  restore: RestoreFact | null;
  memory: MemoryFact[];
  emptySeconds: number[];
  plans: PlansFact | null;
  retention: RetentionFact | null;
  audit: AuditFact | null;
  status: StatusFact | null;
};
