import type { ShownReport, ShowTestInput, ShowTestResult } from './contract-restore-test.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** The newest report of a restore test that is sought and can be trusted: each repository asked by its own zone. */
export async function showTest({ repositories, ...question }: ShowTestInput): Promise<ShowTestResult> {
  const faults: string[] = [];
  const found = await Promise.all(
    repositories.map(async (repository): Promise<ShownReport[]> => {
      try {
        const work = activitiesIn(repository.zone, { within: 900, attempts: 3, patience: patient });
        const report = await work.readTestReport({ ...question, repository });
        return report === null ? [] : [report];
      } catch (error) {
        faults.push(`${repository.name}: ${reasonOf(error).sentence}`);
        return [];
      }
    }),
  );
  const [report = null] = found.flat().sort((a, b) => (a.path < b.path ? 1 : a.path > b.path ? -1 : 0));
  return { report, faults };
}
