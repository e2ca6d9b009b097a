import { counted, formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import { recordOutcome } from '../board.ts';
import type { Outcome } from '../contract.ts';
import type { FailoverReport, FailoverResult } from '../contract-failover.ts';
import { keepEvidence } from '../evidence.ts';
import { prefixOf } from './asking.ts';
import { unsent } from './due.ts';
import type { Run } from './run.ts';
import { withException } from './state.ts';
import type { Undone } from './undoing.ts';

/** Law 11: what was skipped, taken on somebody's word, or not checked has not simply passed. */
function outcomeOf({ desk }: Run): Outcome {
  const { aborted, steps, exceptions } = desk.state().shown;
  if (aborted !== null) return 'aborted';
  const simply = steps.every(({ state }) => state === 'passed') && exceptions.length === 0;
  return simply ? 'passed' : 'passed-with-exceptions';
}

/**
 * Tells people how it ended, keeps the signed report, and gives the result. Never throws.
 *
 * @param endedAt when everything was done; the owner of a rehearsal may have taken a while to say what came out
 */
export async function conclude(run: Run, undone: Undone, endedAt: string): Promise<FailoverResult> {
  const { input, desk } = run;
  desk.change(({ shown, answers }) => ({ shown: { ...shown, closing: true }, answers }));
  await desk.settled();
  for (const sentence of unsent(desk.state().shown.steps, endedAt))
    desk.change((state) => withException(state, sentence));
  const untold = await tryAnnounce(input.alertZone, {
    severity: input.mode === 'real' ? 'critical' : 'info',
    subject: desk.state().shown.workflowId,
    sentence: endSentence(run),
  });
  if (untold !== null) desk.beside(Promise.resolve(untold));
  desk.tell({
    action: 'failover.ended',
    outcome: desk.state().shown.aborted === null ? 'done' : 'failed',
    reason: endSentence(run),
    facts: { result: outcomeOf(run) },
  });
  await desk.settled();
  const report = reportOf(run, undone, endedAt);
  const kept = await keepEvidence({
    sign: (work, signingKey) => work.signFailoverReport({ report, signingKey }),
    signingKeys: input.signingKeys,
    zones: [input.runbook.zone, ...Object.keys(input.signingKeys)],
    repositories: input.repositories,
  });
  const exceptions = [...report.exceptions, ...kept.exceptions];
  const result =
    report.result === 'passed' && exceptions.length > 0 ? 'passed-with-exceptions' : report.result;
  desk.change(({ shown, answers }) => ({ shown: { ...shown, exceptions, result, phase: 'done' }, answers }));
  recordOutcome(result);
  const { runbook, version, mode, declaredAt, rto, rpo, steps } = report;
  return {
    result,
    runbook,
    version,
    mode,
    declaredAt,
    endedAt,
    rto,
    rpo,
    steps: steps.map(({ id, state, startedAt, endedAt: ended, sentences }) => ({
      id,
      state,
      startedAt,
      endedAt: ended,
      sentences,
    })),
    exceptions,
    ...undone,
    evidence: kept.evidence,
  };
}

function endSentence(run: Run): string {
  const { runbook, rto, rpo, exceptions, aborted } = run.desk.state().shown;
  const time = (value: number | null) => (value === null ? 'not measured' : formatDuration(value));
  return [
    `${prefixOf(run.input.mode)}${runbook}: ${outcomeOf(run)}.`,
    ...(aborted === null ? [] : [`Stopped by ${aborted.by}: ${aborted.reason}.`]),
    `RTO ${time(rto.measured)}, RPO ${time(rpo.measured)}.`,
    ...(exceptions.length === 0 ? [] : [`${counted(exceptions.length, 'exception')}.`]),
  ].join(' ');
}

function reportOf(run: Run, { undone, left }: Undone, endedAt: string): FailoverReport {
  const { input, desk } = run;
  const { shown } = desk.state();
  return {
    organization: input.organization,
    policyHash: input.runbook.policyHash,
    tier: input.runbook.tier?.name ?? null,
    drill: input.drill ?? null,
    result: outcomeOf(run),
    runbook: shown.runbook,
    version: shown.version,
    mode: shown.mode,
    class: shown.class,
    ...(shown.disaster === undefined ? {} : { disaster: shown.disaster }),
    workflowId: shown.workflowId,
    runId: shown.runId,
    declaredBy: shown.declaredBy,
    declaredAt: shown.declaredAt,
    endedAt,
    reason: shown.reason,
    commander: shown.commander,
    signatures: shown.signatures,
    lost: shown.lost,
    degraded: shown.degraded,
    rto: shown.rto,
    rpo: shown.rpo,
    steps: shown.steps,
    events: shown.events,
    refused: shown.refused,
    lastDrill: shown.lastDrill,
    lastCheck: shown.lastCheck,
    ...(shown.before === undefined ? {} : { before: shown.before }),
    ...(shown.expectations === undefined ? {} : { expectations: shown.expectations }),
    ...(shown.followUps === undefined ? {} : { followUps: shown.followUps }),
    exceptions: shown.exceptions,
    undone,
    left,
  };
}
