import { z } from 'zod';
import { disasterClasses, recoveryPhases, runModes } from '../../policy/resolved-failover.ts';
import type { ReviewedRun } from '../../reports/review.ts';

const measured = z.object({ target: z.number().nullable(), measured: z.number().nullable() });

const event = z.object({
  at: z.string(),
  by: z.string().nullable(),
  step: z.string().nullable(),
  sentence: z.string(),
});

const step = z.object({
  id: z.string(),
  phase: z.enum(recoveryPhases),
  role: z.string(),
  state: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  attempts: z.number(),
  sentences: z.array(z.string()),
  approvals: z.array(z.object({ by: z.string(), at: z.string(), key: z.string().nullable() })),
});

const reviewed = z.object({
  runbook: z.string(),
  version: z.string(),
  mode: z.enum(runModes),
  class: z.enum(disasterClasses),
  result: z.enum(['passed', 'passed-with-exceptions', 'failed', 'aborted']),
  declaredBy: z.string(),
  declaredAt: z.string(),
  endedAt: z.string(),
  reason: z.string(),
  commander: z.string().nullable(),
  signatures: z.enum(['signed', 'named']),
  degraded: z.boolean(),
  rto: measured,
  rpo: measured,
  exceptions: z.array(z.string()),
  undone: z.array(z.string()),
  left: z.array(z.string()),
  workflowId: z.string(),
  runId: z.string(),
  events: z.array(event),
  refused: z.array(event),
  steps: z.array(step),
  lastDrill: z
    .object({
      at: z.string(),
      mode: z.enum(runModes),
      rto: z.number().nullable(),
      steps: z.record(z.string(), z.number()),
    })
    .nullable(),
  expectations: z
    .array(
      z.object({ text: z.string(), came: z.enum(['yes', 'no']).nullable(), remark: z.string().nullable() }),
    )
    .default([]),
  followUps: z
    .array(z.object({ id: z.string(), text: z.string(), owner: z.string(), due: z.string() }))
    .default([]),
}) satisfies z.ZodType<ReviewedRun>;

/** The facts of a signed report; null when another version wrote them in a form of its own. */
export function reviewedRunOf(report: unknown): ReviewedRun | null {
  return z.object({ document: reviewed }).safeParse(report).data?.document ?? null;
}
