import type { ListTestsInput, ListTestsResult } from './contract-restore-test.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** What was tested when, and what came of it: each repository asked by its own zone, the newest tests first. */
export async function listTests({ repositories, ...question }: ListTestsInput): Promise<ListTestsResult> {
  const unreadable: ListTestsResult['unreadable'] = [];
  const found = await Promise.all(
    repositories.map(async (repository) => {
      try {
        const work = activitiesIn(repository.zone, { within: 900, attempts: 3, patience: patient });
        return await work.listTests({ ...question, repository });
      } catch (error) {
        unreadable.push({ repository: repository.name, sentence: reasonOf(error).sentence });
        return { tests: [], more: false };
      }
    }),
  );
  const tests = found.flatMap((each) => each.tests).sort((a, b) => (a.at < b.at ? 1 : -1));
  return {
    tests: tests.slice(0, question.limit),
    more: tests.length > question.limit || found.some(({ more }) => more),
    unreadable,
  };
}
