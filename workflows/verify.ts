import { openTrail, recordedOr } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Outcome } from './contract.ts';
import type { CopyVerification, VerifyInput, VerifyResult } from './contract-verify.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const aDay = 86_400;

/** Re-reads every copy of a backup, each from the zone of its repository, side by side. */
export async function verify(input: VerifyInput): Promise<VerifyResult> {
  const { repositories, audit, person, ...question } = input;
  const copies = await Promise.all(
    repositories.map(async (repository): Promise<CopyVerification> => {
      try {
        return await activitiesIn(repository.zone, {
          within: aDay,
          attempts: 3,
          patience: patient,
        }).verifyBackup({
          ...question,
          repository,
        });
      } catch (error) {
        return {
          repository: repository.name,
          outcome: 'not-checked',
          bytes: 0,
          files: 0,
          sentences: [reasonOf(error).sentence],
        };
      }
    }),
  );
  const result = verdict(copies);
  recordOutcome(result);
  const told = await recordedOr(openTrail(audit), {
    action: 'backup.verified',
    subject: `${input.backup.source}/${input.backup.backupId}`,
    outcome: result === 'failed' ? 'failed' : 'done',
    person,
    reason: copies.flatMap(({ sentences }) => sentences)[0],
    facts: { result, repositories: copies.map(({ repository }) => repository).join(', ') },
  });
  return { result, backup: input.backup, copies, ...told };
}

/** Law 11: a check that was not made is an exception, and no copy checked is no pass. */
function verdict(copies: CopyVerification[]): Outcome {
  if (copies.some((copy) => copy.outcome === 'failed')) return 'failed';
  if (!copies.some((copy) => copy.outcome === 'passed')) return 'failed';
  return copies.every((copy) => copy.outcome === 'passed' && copy.sentences.length === 0)
    ? 'passed'
    : 'passed-with-exceptions';
}
