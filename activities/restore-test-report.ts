import { restoreTestMarkdown } from '../reports/restore-test.ts';
import { signEvidence } from '../repository/index.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type { SignTestReportInput } from '../workflows/contract-restore-test.ts';
import type { Work } from './work.ts';

/** The report of a restore test, for people and for programs, signed with the key of this worker's zone. */
export async function signTestReport(
  work: Work,
  { tested, signingKey }: SignTestReportInput,
): Promise<Evidence> {
  const facts = {
    kind: 'restore-test' as const,
    subject: tested.plan,
    at: tested.at,
    document: { ...tested },
  };
  return signEvidence(facts, restoreTestMarkdown(tested), await work.secret(signingKey), work);
}
