import { isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { tryObserve } from '../alerting.ts';
import { recordOutcome } from '../board.ts';
import type { EarlierRun } from '../contract-failover.ts';
import type { StepRun } from '../contract-failover-steps.ts';
import type {
  CheckedMode,
  CheckedStep,
  RunbookCheckInput,
  RunbookCheckResult,
  RunbookPreview,
} from '../contract-runbook.ts';
import { reasonOf } from '../failures.ts';
import { activitiesIn } from '../proxies.ts';
import { alertsOf, checkMarkdown, outcomeOfCheck, worstFirst } from './check-findings.ts';
import { earlierRuns } from './earlier.ts';
import { channelOf, isOfWorkers } from './worker-steps.ts';

const modes: readonly CheckedMode[] = ['real', 'drill'];

/** A look takes seconds; a zone that is silent for so long has no worker, which is a finding. */
const looking = { within: 180, attempts: 3 };
const usualPatience = 90;
/** Seconds of a look for somebody who waits for a preview. */
const brief = 45;

/** Steps looked at together: a large runbook must not take all hands of a zone. */
const atOnce = 8;

/**
 * Looks at every step of a runbook as a run would right before doing it, and tells the alerts what would fail: drift is
 * found before the disaster. Nothing is touched, and no zone counts as lost yet.
 */
export async function runbookCheck(input: RunbookCheckInput): Promise<RunbookCheckResult> {
  const { runbook, alertZone, quiet } = input;
  const wanted = input.preview === undefined ? modes : (['real'] as const);
  const looks = runbook.steps.filter(isOfWorkers).flatMap((step) => wanted.map((mode) => ({ step, mode })));
  const found: Looked[] = [];
  const unread: string[] = [];
  const reading = input.preview === undefined ? null : past(input, input.preview, unread);
  for (let next = 0; next < looks.length; next += atOnce)
    found.push(...(await Promise.all(looks.slice(next, next + atOnce).map((look) => looked(input, look)))));
  const findings = worstFirst(found.flatMap((each) => each.findings));
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
      : { preview: { earlier: await reading, looks: found.map(({ look }) => look) } }),
  };
  setCurrentDetails(checkMarkdown(result));
  recordOutcome(result.result);
  return result;
}

type Looked = { findings: CheckedStep[]; look: RunbookPreview['looks'][number] };

/** What earlier runs took. */
const past = (
  { runbook, patience = usualPatience }: RunbookCheckInput,
  places: NonNullable<RunbookCheckInput['preview']>,
  unread: string[],
): Promise<EarlierRun[]> =>
  earlierRuns(places, runbook.name, { within: brief, patience }, (sentence) => unread.push(sentence));

async function looked(
  input: RunbookCheckInput,
  { step, mode }: { step: ResolvedStep; mode: CheckedMode },
): Promise<Looked> {
  try {
    const within = input.preview === undefined ? looking.within : brief;
    const limits = { ...looking, within, patience: input.patience ?? usualPatience };
    const run = { ...runOf(input, mode), ...channelOf(input.runbook, step, mode) };
    const { findings, facts, choices } = await activitiesIn(step.zone, limits).lookAtStep({ step, run });
    return {
      findings: findings.map((finding) => ({ ...finding, mode })),
      look: { step: step.id, facts, choices },
    };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const sentence = `${step.id} could not be looked at in zone ${step.zone}: ${reasonOf(error).sentence}`;
    return {
      findings: [{ step: step.id, outcome: 'fault', sentence, mode }],
      look: { step: step.id, facts: [], choices: [] },
    };
  }
}

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
  };
}
