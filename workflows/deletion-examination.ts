import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { DeletionInput, DeletionList, RepositorySurvey } from './contract-deletion.ts';
import { type DeletionDecision, decideDeletion } from './deletion-decision.ts';
import { listText } from './deletion-text.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** Asks every repository, each from its own zone, and decides on what they say. */
export async function examine(input: DeletionInput): Promise<DeletionDecision> {
  const { backups, repositories, signers } = input;
  const zones = [...new Set(repositories.map(({ zone }) => zone))];
  const surveys = await Promise.all(
    zones.map(async (zone): Promise<RepositorySurvey[]> => {
      const here = repositories.filter((repository) => repository.zone === zone);
      try {
        return await activitiesIn(zone, { within: 3600, attempts: 5, patience: patient }).surveyDeletion({
          repositories: here,
          backups,
          signers,
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        const { sentence } = reasonOf(error);
        return here.map(({ name }) => ({ repository: name, unreadable: sentence, newest: [], found: [] }));
      }
    }),
  );
  const manual = repositories.filter((repository) => repository.manual !== undefined);
  return decideDeletion(
    backups,
    surveys.flat(),
    manual.map(({ name }) => name),
  );
}

/** The list with its canonical text, and the hash that approvals are bound to. */
export async function seal(
  input: DeletionInput,
  { items, notReached }: DeletionDecision,
): Promise<DeletionList> {
  const { organization, requester, reason, zone } = input;
  const { workflowId } = workflowInfo();
  const text = listText({ organization, workflowId, requester, reason, items, notReached });
  const sha256 = await activitiesIn(zone, { within: 300, attempts: 5, patience: patient }).sealText({ text });
  return { items, notReached, text, sha256 };
}
