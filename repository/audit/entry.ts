import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { jsonOf } from '../marker.ts';

/** Which chain: every entry and head names it, so that one moved from another chain does not fit. */
export type ChainName = { organization: string; zone: string };

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const eventSchema = z.object({
  id: z.string(),
  action: z.string(),
  subject: z.string(),
  outcome: z.enum(['done', 'refused', 'failed']),
  at: z.iso.datetime(),
  person: z.string().optional(),
  reason: z.string().optional(),
  workflowId: z.string(),
  runId: z.string(),
  hash: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

/** Something that happened, as it was recorded. Actions of a later version are read as well. */
export type RecordedEvent = z.infer<typeof eventSchema>;

const entrySchema = z.object({
  format: z.literal('holdfast-audit-entry/1'),
  organization: z.string(),
  zone: z.string(),
  /** Its number in the chain, from 1. */
  seq: z.int(),
  /** SHA-256 of the bytes of the entry before it; null in the first one. */
  previous: hash.nullable(),
  /** When it was written, by the worker's clock. */
  recordedAt: z.iso.datetime(),
  /** Which worker wrote it. */
  worker: z.string(),
  event: eventSchema,
});

/** One link of the chain. */
export type Entry = z.infer<typeof entrySchema>;

/** What stands under a number: its hash, and the entry when it is one. */
export type Link = { number: number; hash: string; entry: Entry | null };

/** The bytes of an entry that are stored and hashed: canonical JSON. */
export function entryBytes(entry: Entry): Uint8Array {
  return canonicalJson(entrySchema.parse(entry));
}

/** What bytes under a number are. */
export function linkOf(number: number, bytes: Uint8Array): Link {
  const parsed = entrySchema.safeParse(jsonOf(bytes));
  return { number, hash: sha256(bytes), entry: parsed.success ? parsed.data : null };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const statementSchema = z.object({
  format: z.literal('holdfast-audit-head/1'),
  organization: z.string(),
  zone: z.string(),
  /** The first of the neighbouring entries that this writer wrote itself. */
  from: z.int(),
  /** The last of them. */
  seq: z.int(),
  /** SHA-256 of the entry `seq`, and by it of the whole chain before. */
  hash,
  at: z.iso.datetime(),
});

/** What a writer vouches for: its own entries, and the chain as it was at their end. */
export type Statement = z.infer<typeof statementSchema>;

const headSchema = z.object({ statement: statementSchema, signature: z.string() });

/** A signed head of a chain. */
export type Head = z.infer<typeof headSchema>;

/** The bytes that are signed: `jq -S .statement` prints the same from a head's file. */
export const statementBytes = (statement: Statement): Uint8Array =>
  canonicalJson(statementSchema.parse(statement));

export const headBytes = (head: Head): Uint8Array => canonicalJson(headSchema.parse(head));

/** A head from its file; null when it is none. */
export function headOf(bytes: Uint8Array): Head | null {
  const parsed = headSchema.safeParse(jsonOf(bytes));
  return parsed.success ? parsed.data : null;
}
