import type { EvidenceInput, ShowEvidenceInput, ShowEvidenceResult } from './contract-evidence.ts';
import type { FoundReports } from './contract-report.ts';
import { reasonOf } from './failures.ts';
import { findReports } from './found-reports.ts';
import { carriedOf, leftOut } from './message-size.ts';
import { activitiesIn, patient } from './proxies.ts';

/** The signed reports of a period, newest first. */
export async function evidence(input: EvidenceInput): Promise<FoundReports> {
  const { reports, faults } = await findReports(input);
  const newest = reports.sort((a, b) => (a.at < b.at ? 1 : -1));
  const told = carriedOf(newest, faults);
  return { reports: told, faults: [...faults, ...leftOut(told.length, newest.length)] };
}

/** One report as it was signed, from the first zone whose copy counts. */
export async function showEvidence({
  repositories,
  ...question
}: ShowEvidenceInput): Promise<ShowEvidenceResult> {
  const faults: string[] = [];
  for (const zone of new Set(repositories.map((repository) => repository.zone))) {
    const own = repositories.filter((repository) => repository.zone === zone);
    try {
      const work = activitiesIn(zone, { within: 900, attempts: 3, patience: patient });
      const found = await work.readOneReport({ ...question, repositories: own });
      faults.push(...found.faults);
      if (found.shown !== null) return { shown: found.shown, faults };
    } catch (error) {
      faults.push(`${own.map(({ name }) => name).join(', ')}: ${reasonOf(error).sentence}`);
    }
  }
  return { shown: null, faults };
}
