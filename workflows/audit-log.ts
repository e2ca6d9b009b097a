import { recordOutcome } from './board.ts';
import type { AuditInput, AuditResult, VerifyAuditInput, VerifyAuditResult } from './contract-audit.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const aDay = 86_400;

/** Reads the audit log in the zone of its repository. */
export async function audit(input: AuditInput): Promise<AuditResult> {
  return orSentence(() =>
    activitiesIn(input.target.repository.zone, { within: 3600, attempts: 3, patience: patient }).readAudit(
      input,
    ),
  );
}

/** Verifies the audit log in the zone of its repository. A log that does not hold is an answer, and no failure. */
export async function verifyAudit(input: VerifyAuditInput): Promise<VerifyAuditResult> {
  const zone = input.target.repository.zone;
  const result = await orSentence(() =>
    activitiesIn(zone, { within: aDay, attempts: 3, patience: patient }).verifyAudit(input),
  );
  recordOutcome(result.result);
  return result;
}

async function orSentence<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw failWith(reasonOf(error));
  }
}
