import { isCancellation } from '@temporalio/workflow';
import type { FoundReport, FoundReports, ReadReportsInput } from './contract-report.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** Each zone reads its own repositories; a report that several keep counts once. */
export async function findReports({
  repositories,
  signers,
  period,
}: ReadReportsInput): Promise<FoundReports> {
  const zones = [...new Set(repositories.map(({ zone }) => zone))];
  const found = await Promise.all(
    zones.map(async (zone): Promise<FoundReports> => {
      const own = repositories.filter((repository) => repository.zone === zone);
      try {
        const work = activitiesIn(zone, { within: 7200, attempts: 3, patience: patient });
        return await work.readReports({ repositories: own, signers, period });
      } catch (error) {
        if (isCancellation(error)) throw error;
        const names = own.map(({ name }) => name).join(', ');
        return {
          reports: [],
          faults: [`The reports in ${names} could not be read: ${reasonOf(error).sentence}`],
        };
      }
    }),
  );
  const reports = new Map<string, FoundReport>();
  for (const report of found.flatMap((each) => each.reports)) reports.set(report.path, report);
  return { reports: [...reports.values()], faults: found.flatMap(({ faults }) => faults) };
}
