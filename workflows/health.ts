import { isCancellation, setCurrentDetails, sleep } from '@temporalio/workflow';
import { openPings } from './alerting.ts';
import { recordOutcome } from './board.ts';
import { usualPatience } from './checks-patience.ts';
import type {
  ChecksInput,
  ChecksPatience,
  HealthInput,
  HealthJudgement,
  HealthResult,
  ZoneAnswer,
} from './contract-checks.ts';
import { reasonOf } from './failures.ts';
import { healthMarkdown, pingText } from './health-details.ts';
import { activitiesIn } from './proxies.ts';

/**
 * A look into a zone's repositories takes seconds; where it takes minutes, the next run comes before it ends. A zone that
 * is busy with dumps is not silent, and so nothing of this waits for them.
 */
const looking = { within: 240, attempts: 3, urgent: true };

/** Temporal is asked for each Schedule: with 1,000 plans on a busy machine that takes minutes. */
const judging = { within: 900, attempts: 5, patience: 120, urgent: true };
const telling = { within: 240, attempts: 8, patience: 120, urgent: true };

/**
 * Whether all is well now: each zone looks at its repositories and keys, and tidies; what they tell is weighed with what
 * Temporal knows of Schedules and runs. A zone that does not answer is told, and keeps nobody from looking at the others.
 * The watcher outside hears that somebody looked and told the alerts, whatever was found.
 */
export async function health(input: HealthInput): Promise<HealthResult> {
  const pings = openPings({ ping: input.quiet === true ? undefined : input.checks.health.ping });
  pings.start();
  try {
    const result = await lookAtAll(input);
    if (input.quiet !== true) await tell(input, result);
    const untold = await pings.end('success', pingText(result));
    return untold === null ? result : { ...result, warnings: [untold] };
  } catch (error) {
    await pings.end('failure', `Nobody knows whether all is well: ${reasonOf(error).sentence}`);
    throw error;
  }
}

async function lookAtAll(input: HealthInput): Promise<HealthResult> {
  const patience = input.patience ?? usualPatience;
  const zones = await Promise.all(zonesInUse(input).map((zone) => lookAt(zone, patience)));
  const answers = zones.map(({ answer }) => answer);
  let judged = await judge(input, answers);
  if (judged.lookAgain) {
    await sleep(`${patience.lapse}s`);
    const again = answers.map((answer) => ('silent' in answer ? answer : ask(answer.zone, patience)));
    judged = await judge(input, await Promise.all(again));
  }
  const { lookAgain: _, ...rest } = judged;
  const untidy = zones.flatMap(({ answer, untidy }) =>
    untidy === null ? [] : [{ subject: answer.zone, sentence: untidy }],
  );
  const result: HealthResult = {
    ...rest,
    result: untidy.length > 0 ? 'failed' : rest.result,
    at: now(),
    findings: [...rest.findings, ...untidy.map(untidyFinding)],
    unchecked: [...rest.unchecked, ...untidy],
    tidied: zones.flatMap(({ answer, removed }) =>
      removed.length === 0 ? [] : [{ zone: answer.zone, removed }],
    ),
  };
  setCurrentDetails(healthMarkdown(result));
  recordOutcome(result.result);
  return result;
}

const untidyFinding = (untidy: { subject: string; sentence: string }): HealthResult['findings'][number] => ({
  kind: 'check-impossible',
  severity: 'warning',
  ...untidy,
});

const now = (): string => new Date(Date.now()).toISOString();

/** Zones in which something lies or runs; another needs no worker. */
function zonesInUse({ repositories, plans, checks }: ChecksInput): string[] {
  const online = repositories.filter(({ manual }) => manual === undefined);
  return [
    ...new Set([checks.zone, ...plans.map(({ zone }) => zone), ...online.map(({ zone }) => zone)]),
  ].sort();
}

type Looked = { answer: ZoneAnswer; removed: string[]; untidy: string | null };

async function lookAt(zone: string, patience: ChecksPatience): Promise<Looked> {
  const answer = await ask(zone, patience);
  if ('silent' in answer) return { answer, removed: [], untidy: null };
  try {
    const { removed } = await activitiesIn(zone, { ...looking, patience: 60 }).tidy();
    return { answer, removed, untidy: null };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const untidy = `What dead workers of zone ${zone} left could not be removed: ${reasonOf(error).sentence}`;
    return { answer, removed: [], untidy };
  }
}

/** Waits twice: the first wait may be over before the zone's worker has found Temporal again after a restart of either. */
async function ask(zone: string, patience: ChecksPatience): Promise<ZoneAnswer> {
  let silent = '';
  for (const seconds of [patience.zone, patience.zoneAgain]) {
    try {
      return await activitiesIn(zone, { ...looking, patience: seconds }).lookAround();
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { code, sentence } = reasonOf(error);
      silent = sentence;
      if (code !== 'unreachable') break;
    }
  }
  return { zone, silent };
}

async function judge({ checks }: HealthInput, answers: ZoneAnswer[]): Promise<HealthJudgement> {
  return activitiesIn(checks.zone, judging).judgeHealth({ answers, at: now() });
}

async function tell(input: HealthInput, { at, findings, lingering = [] }: HealthResult): Promise<void> {
  const { checks, notifications, organization, audit } = input;
  await activitiesIn(checks.zone, telling).tellAlerts({
    zone: checks.zone,
    observation: { observer: 'health', at, findings: [...findings, ...lingering] },
    rules: notifications,
    organization,
    ...(audit === undefined ? {} : { audit }),
  });
}
