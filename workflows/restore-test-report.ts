import { workflowInfo } from '@temporalio/workflow';
import type { RestoreTestInput, RestoreTestResult } from './contract-restore-test.ts';
import { keepEvidence } from './evidence.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { markedResult } from './restore-test-verdict.ts';

/**
 * Writes the report, signs it, keeps it in the plan's online repositories, and puts a marker beside each copy of which
 * the test says something. Never throws: what could not be kept is an exception.
 */
export async function keepReport(
  input: RestoreTestInput,
  found: Omit<RestoreTestResult, 'evidence'>,
  at: string,
): Promise<{ evidence: RestoreTestResult['evidence']; exceptions: string[] }> {
  const { plan, test } = input;
  const { workflowId, runId } = workflowInfo();
  const limits = { within: 300, attempts: 4, patience: patient };
  const { organization } = plan;
  const run = { organization, source: plan.source.name, at, zone: test.zone, workflowId, runId };
  const { evidence, exceptions } = await keepEvidence({
    sign: (work, signingKey) => work.signTestReport({ tested: { ...found, ...run }, signingKey }),
    signingKeys: plan.signingKeys,
    zones: [test.zone, plan.source.zone, ...plan.copies.map(({ zone }) => zone)],
    repositories: plan.copies,
  });
  const { backup } = found;
  const report = evidence === null ? null : { path: evidence.path, sha256: evidence.sha256 };
  const unmarked = await Promise.all(
    found.attempts.map(async (attempt) => {
      const result = markedResult(attempt);
      const repository = plan.copies.find(({ name }) => name === attempt.repository);
      if (result === null || repository === undefined || backup === null) return [];
      const { verdict, endedAt } = attempt;
      try {
        await activitiesIn(repository.zone, limits).markTested({
          repository,
          backup,
          at: endedAt,
          result,
          verdict,
          plan: plan.name,
          workflowId,
          runId,
          report,
        });
        return [];
      } catch (error) {
        return [`${repository.name} could not be told of the test: ${reasonOf(error).sentence}`];
      }
    }),
  );
  return { evidence, exceptions: [...exceptions, ...unmarked.flat()] };
}
