import type { AuditTarget } from '../policy/resolved.ts';
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

/** Verifies the audit log. A log that does not hold is an answer, and no failure. */
export async function verifyAudit(input: VerifyAuditInput): Promise<VerifyAuditResult> {
  const zone = verifyingZone(input.target);
  const result = await orSentence(() =>
    activitiesIn(zone, { within: aDay, attempts: 3, patience: patient }).verifyAudit(input),
  );
  recordOutcome(result.result);
  return result;
}

/**
 * Where most witnesses can be read: a directory is read in its own zone alone, a bucket from anywhere. A zone that
 * writes the log reaches its repository.
 */
export function verifyingZone({ repository, witnesses, signingKeys }: AuditTarget): string {
  if (repository.kind === 'filesystem') return repository.zone;
  const directories = witnesses.filter(({ kind, zone }) => kind === 'filesystem' && zone in signingKeys);
  const count = (zone: string) => directories.filter((each) => each.zone === zone).length;
  return directories
    .map(({ zone }) => zone)
    .reduce((best, zone) => (count(zone) > count(best) ? zone : best), repository.zone);
}

async function orSentence<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw failWith(reasonOf(error));
  }
}
