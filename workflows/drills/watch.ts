import { isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { tryAnnounce, tryObserve } from '../alerting.ts';
import { recordOutcome } from '../board.ts';
import type { Announcement } from '../contract-alerts.ts';
import {
  type DrillMemory,
  type DrillStanding,
  type DrillWatchInput,
  type DrillWatchResult,
  drillIdOf,
  drillWatchId,
  type WatchedDrill,
} from '../contract-drills.ts';
import type { EarlierRun } from '../contract-failover.ts';
import { failWith, reasonOf } from '../failures.ts';
import { activitiesIn } from '../proxies.ts';
import { drillsMarkdown } from './details.ts';
import { faultsOf, isAsked, runsOf, withReports } from './held.ts';
import { type Known, knownOf, memoryIn, seen } from './memory.ts';
import { noticesDue, withdrawn } from './notices.ts';

const asking = { within: 300, attempts: 5, patience: 120 };

/** A zone that is silent has no worker; the next look comes in an hour. */
const reading = { within: 300, attempts: 2, patience: 90 };

/**
 * Looks after the rehearsals that come by themselves: tells those concerned before, and reminds them, each once; and has
 * it told as an alert when one was not held. Times are asked of the Schedules, so that a change or a pause is followed. What
 * it knows goes from run to run as the result, which Temporal gives the next run of a Schedule, but for one that somebody
 * lets run beside others; what such a run tells again, the alerts have heard.
 */
export async function drillWatch(input: DrillWatchInput): Promise<DrillWatchResult> {
  const { drills, timezone, alertZone } = input;
  const before = memoryIn(workflowInfo().lastResult);
  const standings = await activitiesIn(alertZone, asking).lookAtDrills({
    drills: drills.map(({ runbook, drill }) => ({ runbook, drill })),
  });
  // Not earlier: a time that the Schedules have just passed is over, and not cancelled.
  const now = Date.now();
  const looked = drills.map((drill) => look(drill, standings, before, now));
  const warnings: string[] = [];
  const reports = await readReports(input, looked, warnings);
  const announcements: Announcement[] = withdrawn(before, drills, timezone, now);
  const memory: DrillMemory = {};
  const findings: DrillWatchResult['findings'] = [];
  for (const { drill, standing, known } of looked) {
    const read = reports.get(drill.runbook);
    const runs = read === undefined || read === null ? null : runsOf(read, drill);
    const reported = withReports(known, runs ?? []);
    findings.push(...faultsOf(drill, standing, reported, runs, now));
    const told = noticesDue(drill, reported, timezone, now);
    announcements.push(...told.announcements);
    memory[drillIdOf(drill.runbook, drill.drill)] = told.known;
  }
  for (const { at, ...announcement } of announcements) {
    const untold = await tryAnnounce(alertZone, announcement, at);
    // The next look tells it then; what was told already the alerts know.
    if (untold !== null) throw failWith({ code: 'unreachable', sentence: untold });
  }
  const untold = await tryObserve(alertZone, drillWatchId, findings);
  if (untold !== null) warnings.push(untold);
  const result: DrillWatchResult = {
    result: findings.length === 0 ? 'passed' : 'failed',
    at: new Date(now).toISOString(),
    memory,
    told: announcements.map(({ sentence }) => sentence),
    findings,
    warnings,
  };
  setCurrentDetails(drillsMarkdown(result, timezone));
  recordOutcome(result.result);
  return result;
}

type Looked = { drill: WatchedDrill; standing: DrillStanding; known: Known };

function look(
  drill: WatchedDrill,
  standings: readonly DrillStanding[],
  before: DrillMemory,
  now: number,
): Looked {
  const standing = standings.find((each) => each.runbook === drill.runbook && each.drill === drill.drill) ?? {
    ...{ runbook: drill.runbook, drill: drill.drill, applied: false, paused: false },
    ...{ next: [], fired: [] },
  };
  return { drill, standing, known: seen(knownOf(before, drill), standing, drill, now) };
}

/** Reports of the runbooks of which somebody must know whether a drill was held; null where none could be read. */
async function readReports(
  input: DrillWatchInput,
  looked: readonly Looked[],
  warnings: string[],
): Promise<Map<string, EarlierRun[] | null>> {
  const runbooks = [
    ...new Set(looked.filter(({ known }) => isAsked(known)).map(({ drill }) => drill.runbook)),
  ];
  const read = new Map<string, EarlierRun[] | null>();
  for (const runbook of runbooks) read.set(runbook, await readRunbook(input, runbook, warnings));
  return read;
}

async function readRunbook(
  { repositories, signers }: DrillWatchInput,
  runbook: string,
  warnings: string[],
): Promise<EarlierRun[] | null> {
  const zones = [...new Set(repositories.map(({ zone }) => zone))];
  const read = await Promise.all(
    zones.map(async (zone) => {
      try {
        return await activitiesIn(zone, reading).readEarlierRuns({
          repositories: repositories.filter((each) => each.zone === zone),
          signers,
          runbook,
          modes: ['drill', 'tabletop'],
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        warnings.push(`Reports of ${runbook} could not be read in zone ${zone}: ${reasonOf(error).sentence}`);
        return null;
      }
    }),
  );
  const told = read.flatMap((runs) => runs ?? []);
  return read.length > 0 && read.every((runs) => runs === null)
    ? null
    : told.toSorted((one, other) => (one.at < other.at ? 1 : -1));
}
