import { z } from 'zod';
import { isErrorCode } from '../policy/errors.ts';
import type { TestedPlan } from '../workflows/contract-restore-test.ts';

const verdict = z.enum(['proven', 'disproven', 'untested']);
const measured = z.object({ target: z.number().nullable(), measured: z.number().nullable() });

const reason = z.object({
  code: z.string().transform((code) => (isErrorCode(code) ? code : 'process-failed')),
  sentence: z.string(),
});

const check = z.object({
  check: z.enum(['schema', 'rows', 'checksums', 'sequences', 'indexes', 'freshness', 'smoke', 'command']),
  outcome: z.enum(['passed', 'failed', 'not-checked']),
  sentence: z.string(),
});

const attempt = z.object({
  repository: z.string(),
  verdict,
  reason: reason.nullable(),
  signedBy: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string(),
  restoreSeconds: z.number().nullable(),
  totalSeconds: z.number(),
  bytes: z.number(),
  tables: z.number().nullable(),
  rows: z.number().nullable(),
  checks: z.array(check),
  warnings: z.array(z.string()),
  scratchGone: z.boolean(),
  dataTime: z.string().nullable(),
  newestRow: z.string().nullable(),
});

const healed = z.object({
  repository: z.string(),
  from: z.string(),
  outcome: z.enum(['healed', 'failed']),
  sentence: z.string(),
});

/** What a report of a restore test says, as it was signed. */
const tested = z.object({
  organization: z.string(),
  source: z.string(),
  at: z.string(),
  zone: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  result: z.enum(['passed', 'passed-with-exceptions', 'failed', 'aborted']),
  verdict,
  plan: z.string(),
  backup: z.object({ source: z.string(), backupId: z.string() }).nullable(),
  picked: z.array(z.string()),
  attempts: z.array(attempt),
  rto: measured,
  rpo: measured,
  healed: z.array(healed),
  exceptions: z.array(z.string()),
}) satisfies z.ZodType<TestedPlan>;

/** The facts of a signed report; null when another version wrote them in a form of its own. */
export function testedPlanOf(report: unknown): TestedPlan | null {
  return z.object({ document: tested }).safeParse(report).data?.document ?? null;
}
