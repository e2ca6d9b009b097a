import type { EarlierRun, FailoverInput } from '../contract-failover.ts';
import { reasonOf } from '../failures.ts';
import { activitiesIn } from '../proxies.ts';

/**
 * Earlier runs of a runbook, newest first, as the signed reports tell. Each zone reads its own repositories, all at once;
 * one that can't is told, and the others count.
 *
 * @param limits seconds, for one zone
 */
export async function earlierRuns(
  { repositories, signers }: Pick<FailoverInput, 'repositories' | 'signers'>,
  runbook: string,
  limits: { within: number; patience: number },
  untold: (sentence: string) => void,
): Promise<EarlierRun[]> {
  const zones = [...new Set(repositories.map(({ zone }) => zone))];
  const read = await Promise.all(
    zones.map(async (zone) => {
      try {
        return await activitiesIn(zone, { ...limits, attempts: 2, urgent: true }).readEarlierRuns({
          repositories: repositories.filter((each) => each.zone === zone),
          signers,
          runbook,
          modes: ['real', 'drill', 'tabletop'],
        });
      } catch (error) {
        untold(`Earlier runs could not be read in zone ${zone}: ${reasonOf(error).sentence}`);
        return [];
      }
    }),
  );
  const once = new Map(read.flat().map((each) => [`${each.workflowId} ${each.at}`, each]));
  return [...once.values()].sort((one, other) => (one.at < other.at ? 1 : -1));
}
