import { z } from 'zod';

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
  'failover',
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
const sample = z.object({
  contender: z.enum(contenders),
  seconds: z.number(),
  /** Seconds of its phases, by their names. */
  parts: z.record(z.string(), z.number()),
  storedBytes: z.number(),
  /** Seconds of work of all processors during it, whoever did it. */
  cpuSeconds: z.number(),
});

const machine = z.object({
  cores: z.number(),
  processor: z.string(),
  memoryBytes: z.number(),
  kernel: z.string(),
  /** Versions of everything that took part, by name. */
  versions: z.record(z.string(), z.string()),
  /** How busy other work kept the processors before the run: 0 to 1. */
  busyBefore: z.number(),
});

const memory = z.object({ databaseBytes: z.number(), idleBytes: z.number(), peakBytes: z.array(z.number()) });

const plans = z.object({
  plans: z.number(),
  /** Seconds of each command, in this order. */
  plan: z.number(),
  apply: z.number(),
  planAgain: z.number(),
  applyAgain: z.number(),
});

/** Retention decided on one history; seconds and the most memory of each run, the survey's size in one message. */
const retention = z.object({
  backups: z.number(),
  seconds: z.array(z.number()),
  peakBytes: z.array(z.number()),
  packedBytes: z.number(),
});

/** The audit log: entries a second of one writer, an event in each write, and a verification in a process of its own. */
const audit = z.object({
  appended: z.object({ directory: z.number(), bucket: z.number() }),
  entries: z.number(),
  seconds: z.number(),
  peakBytes: z.number(),
});

/**
 * Restores of the large database, in seconds: what each took to bring the data in, the whole restore with its scratch
 * place and its comparison, and the whole restore test.
 */
const restore = z.object({
  /** Of the restores with several. */
  jobs: z.number(),
  pipe: z.array(z.number()),
  one: z.array(z.number()),
  several: z.array(z.number()),
  whole: z.array(z.number()),
  test: z.array(z.number()),
});

/** `status` of many plans on S3: seconds with a worker that has just started, and again; requests that it took. */
const status = z.object({
  plans: z.number(),
  /** Of each plan. */
  backups: z.number(),
  objects: z.number(),
  cold: z.array(z.number()),
  again: z.number(),
  requests: z.number(),
});

/** Seconds of failovers: of orchestration alone, beside a script of the same commands, of a broad one, and of many. */
const failover = z.object({
  twelve: z.array(z.number()),
  rto: z.object({ holdfast: z.array(z.number()), script: z.array(z.number()) }),
  wide: z.object({ steps: z.number(), sideBySide: z.number(), seconds: z.number() }),
  many: z.object({ runs: z.number(), seconds: z.number() }),
});

/** As they lie beside the document. */
export const factsForm = z.object({
  /** YYYY-MM-DD */
  date: z.string(),
  /** Sections that were measured again later, with their day and how often. */
  again: z.partialRecord(z.enum(sections), z.object({ date: z.string(), runs: z.number() })).optional(),
  machine,
  sections: z.array(z.enum(sections)).readonly(),
  runs: z.number(),
  database: z.object({ rows: z.number(), bytes: z.number(), dumpBytes: z.number() }),
  /** pg_dump to nowhere, once for each round: what no backup by pg_dump can beat. */
  floorSeconds: z.array(z.number()),
  samples: z.array(sample),
  restore: restore.nullable(),
  memory: z.array(memory),
  emptySeconds: z.array(z.number()),
  plans: plans.nullable(),
  retention: retention.nullable(),
  audit: audit.nullable(),
  status: status.nullable(),
  /** Absent in facts of before it was measured. */
  failover: failover.nullable().optional(),
});

export type Sample = z.infer<typeof sample>;
export type Machine = z.infer<typeof machine>;
export type MemoryFact = z.infer<typeof memory>;
export type PlansFact = z.infer<typeof plans>;
export type RetentionFact = z.infer<typeof retention>;
export type AuditFact = z.infer<typeof audit>;
export type RestoreFact = z.infer<typeof restore>;
export type StatusFact = z.infer<typeof status>;
export type FailoverFact = z.infer<typeof failover>;
export type Facts = z.infer<typeof factsForm>;
