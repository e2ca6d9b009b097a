import { z } from 'zod';
import { drillKinds, runModes } from '../policy/resolved-failover.ts';
import type { EvidenceDocument } from '../repository/index.ts';
import type { FoundReport, FoundRun, FoundTest } from '../workflows/contract-report.ts';

/**
 * What reports of a period say of what was signed. @throws ZodError when the document is not as this version writes it.
 */
export function foundReport(
  path: string,
  { kind, subject, at, document }: EvidenceDocument,
  { sha256, signedBy }: Pick<FoundReport, 'sha256' | 'signedBy'>,
): FoundReport {
  const { result } = resultForm.parse(document);
  return {
    ...{ path, kind, subject, at, sha256, signedBy, result },
    ...(kind === 'restore-test' ? { test: testOf(document) } : {}),
    ...(kind === 'failover' || kind === 'drill' ? { run: runOf(document) } : {}),
  };
}

const runForm = z.object({
  runbook: z.string(),
  mode: z.enum(runModes),
  version: z.string(),
  workflowId: z.string(),
  declaredAt: z.string(),
  rto: z.object({ target: z.number().nullable(), measured: z.number().nullable() }),
  rpo: z.object({ target: z.number().nullable(), measured: z.number().nullable() }),
  exceptions: z.array(z.string()),
  drill: z.object({ kind: z.enum(drillKinds).optional() }).nullable(),
  runId: z.string(),
  followUps: z
    .array(
      z.object({
        id: z.string(),
        text: z.string(),
        owner: z.string(),
        due: z.string(),
        notedAt: z.string(),
        notedBy: z.string(),
      }),
    )
    .default([]),
});

function runOf(document: unknown): FoundRun {
  const { exceptions, drill, runId, followUps, ...run } = runForm.parse(document);
  return {
    ...run,
    kind: drill?.kind ?? null,
    exceptions: exceptions.length,
    ...(followUps.length === 0 ? {} : { noted: { runId, followUps } }),
  };
}

const resultForm = z.object({ result: z.string() });

const measured = z.object({ target: z.number().nullable(), measured: z.number().nullable() });

const testForm = z.object({
  plan: z.string(),
  backup: z.object({ backupId: z.string() }).nullable(),
  verdict: z.enum(['proven', 'disproven', 'untested']),
  attempts: z.array(
    z.object({
      repository: z.string(),
      verdict: z.string(),
      reason: z.object({ sentence: z.string() }).nullable(),
      checks: z.array(z.object({ outcome: z.string(), sentence: z.string() })),
    }),
  ),
  rto: measured,
  rpo: measured,
  exceptions: z.array(z.string()),
});

function testOf(document: unknown): FoundTest {
  const { plan, backup, verdict, attempts, rto, rpo, exceptions } = testForm.parse(document);
  const proven = attempts.find((attempt) => attempt.verdict === 'proven');
  const bad = attempts.find((attempt) => attempt.verdict !== 'proven');
  const failed = bad?.checks.find(({ outcome }) => outcome === 'failed')?.sentence;
  const why = failed ?? bad?.reason?.sentence ?? exceptions[0] ?? null;
  return {
    plan,
    backupId: backup?.backupId ?? null,
    repository: (proven ?? attempts.at(-1))?.repository ?? null,
    verdict,
    sentence: verdict === 'proven' ? null : why,
    rto,
    rpo,
  };
}
