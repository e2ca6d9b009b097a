import { isCancellation, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { tryObserve } from '../alerting.ts';
import { recordOutcome } from '../board.ts';
import type { EarlierRun } from '../contract-failover.ts';
import type { PreflightFinding, StepLook, StepRun } from '../contract-failover-steps.ts';
import type { CheckedMode, RunbookCheckInput, RunbookCheckResult } from '../contract-runbook.ts';
import { isUntaken, reasonOf } from '../failures.ts';
import { activitiesIn } from '../proxies.ts';
import {
  alertsOf,
  checkMarkdown,
  judgedTogether,
  type Look,
  outcomeOfCheck,
  worstFirst,
} from './check-findings.ts';
import { earlierRuns } from './earlier.ts';
import { channelOf, isOfWorkers } from './worker-steps.ts';

const modes: readonly CheckedMode[] = ['real', 'drill'];

/** A look takes seconds; a zone that is silent for so long has no worker, which is a finding. Long dumps hold up none. */
const looking = { within: 180, attempts: 3, urgent: true };
const usualPatience = 90;
/** Seconds of a look for somebody who waits for a preview. */
const brief = 45;

/** Steps looked at together in a zone: a large runbook must not take all hands of it. */
const atOnce = 8;

/**
 * Looks at every step of a runbook as a run would right before doing it, and tells the alerts what would fail: drift is
 * found before the disaster. Nothing is touched, and no zone counts as lost yet.
 */
export async function runbookCheck(input: RunbookCheckInput): Promise<RunbookCheckResult> {
  const { runbook, alertZone, quiet } = input;
  const wanted = input.preview === undefined ? modes : (['real'] as const);
  const asked = runbook.steps.filter(isOfWorkers).flatMap((step) => wanted.map((mode) => ({ step, mode })));
  const unread: string[] = [];
  const reading = input.preview === undefined ? null : past(input, input.preview, unread);
  const looks = await looksAt(input, asked);
  const findings = worstFirst(judgedTogether(looks, runbook.steps));
  const untold =
    quiet === true
      ? null
      : await tryObserve(alertZone, `runbook/${runbook.name}`, alertsOf(runbook.name, findings));
  const result: RunbookCheckResult = {
    result: outcomeOfCheck(findings),
    runbook: runbook.name,
    version: runbook.version,
    at: new Date(Date.now()).toISOString(),
    findings,
    warnings: [...(untold === null ? [] : [untold]), ...unread],
    ...(reading === null
      ? {}
      : {
          preview: {
            earlier: await reading,
            looks: looks.map(({ step, facts, choices }) => ({ step, facts, choices })),
          },
        }),
  };
  setCurrentDetails(checkMarkdown(result));
  recordOutcome(result.result);
  return result;
}

/** What earlier runs took. */
const past = (
  { runbook, patience = usualPatience }: RunbookCheckInput,
  places: NonNullable<RunbookCheckInput['preview']>,
  unread: string[],
): Promise<EarlierRun[]> =>
  earlierRuns(places, runbook.name, { within: brief, patience }, (sentence) => unread.push(sentence));

type Asked = { step: ResolvedStep; mode: CheckedMode };
type Looked = Look & Pick<StepLook, 'facts' | 'choices'>;

/** All looks, in the order in which they are asked for; the zones look side by side. */
async function looksAt(input: RunbookCheckInput, asked: readonly Asked[]): Promise<Looked[]> {
  const { within } = input;
  const found = new Map<Asked, Looked>();
  const zones = [...new Set(asked.map(({ step }) => step.zone))];
  const all = Promise.all(
    zones.map((zone) =>
      looksIn(
        input,
        asked.filter(({ step }) => step.zone === zone),
        found,
      ),
    ),
  );
  await (within === undefined ? all : Promise.race([all, sleep(within * 1000)]));
  return asked.map(
    (each) => found.get(each) ?? unseen(each, 'the time for all looks was over.', 'not-checked'),
  );
}

/** What one zone sees of its steps; once it was found silent, it is not asked again. */
async function looksIn(input: RunbookCheckInput, asked: readonly Asked[], found: Map<Asked, Looked>) {
  let silence: string | null = null;
  const look = async (each: Asked) => {
    try {
      found.set(each, silence === null ? await looked(input, each) : unseen(each, silence));
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { sentence } = reasonOf(error);
      if (isUntaken(error)) silence = sentence;
      found.set(each, unseen(each, sentence));
    }
  };
  for (let next = 0; next < asked.length; next += atOnce)
    await Promise.all(asked.slice(next, next + atOnce).map(look));
}

async function looked(input: RunbookCheckInput, { step, mode }: Asked): Promise<Looked> {
  const within = input.preview === undefined ? looking.within : brief;
  const limits = { ...looking, within, patience: input.patience ?? usualPatience };
  const run = { ...runOf(input, mode), ...channelOf(input.runbook, step, mode) };
  const look = await activitiesIn(step.zone, limits).lookAtStep({ step, run });
  return { ...look, step: step.id, mode };
}

const unseen = (
  { step: { id, zone }, mode }: Asked,
  why: string,
  outcome: PreflightFinding['outcome'] = 'fault',
): Looked => ({
  ...{ step: id, mode, facts: [], choices: [] },
  findings: [{ step: id, outcome, sentence: `${id} could not be looked at in zone ${zone}: ${why}` }],
});

function runOf({ runbook }: RunbookCheckInput, mode: CheckedMode): StepRun {
  const { workflowId, runId, startTime } = workflowInfo();
  return {
    workflowId,
    runId,
    runbook: runbook.name,
    mode,
    declaredAt: startTime.toISOString(),
    lost: runbook.lost,
    degraded: false,
    results: {},
    chosen: null,
    signers: [],
    ahead: true,
  };
}
