import {
  CancellationScope,
  defineQuery,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Remade } from '../activities/refresh-types.ts';
import type { ResolvedPlan } from '../policy/resolved.ts';
import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import { progressQuery, type Reason, taskQueueOf, type Workflows, workflowTypes } from './contract.ts';
import type { RefreshInput, RefreshProgress, RefreshResult } from './contract-refresh.ts';
import { nameOf } from './deletion-text.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { chooseBackup, type RefreshChoice } from './refresh-choice.ts';
import { keepRefreshReport, tellRefreshFailed } from './refresh-tell.ts';
import { mayAnotherCopyDo } from './restore-test-verdict.ts';

const aDay = 86_400;

/**
 * Makes a development database anew from the newest proven backup, or the newest whose signature holds: restored into a
 * scratch database that nobody else can connect to, compared, trimmed and masked there, and only then given its name and its owner's rights.
 * Where anything fails, the former database stays as it was. Afterwards that database's own plan runs.
 */
export async function refresh(input: RefreshInput): Promise<RefreshResult> {
  const { refresh: wanted, person } = input;
  const trail = openTrail(input.audit, wanted.server.zone);
  const show = openBoard(wanted.name);
  const subject = `${wanted.server.name}/${wanted.database}`;
  const about = { action: 'database.refreshed' as const, subject, person };
  try {
    const result = await make(input, show);
    const facts = {
      refresh: wanted.name,
      backup: nameOf(result.backup),
      seconds: Math.round(result.seconds),
    };
    const unwritten = await trail.tryRecord({ ...about, outcome: 'done', facts });
    const backup = await followed(input);
    const report = await keepRefreshReport(input, result);
    const exceptions = [
      ...result.exceptions,
      ...backup.exceptions,
      ...report.exceptions,
      ...(unwritten === null ? [] : [unwritten]),
    ];
    const outcome = exceptions.length === 0 ? 'passed' : 'passed-with-exceptions';
    recordOutcome(outcome);
    show('done', `${wanted.database} is ${nameOf(result.backup)}, masked.`);
    return {
      ...result,
      result: outcome,
      backedUpBy: backup.workflowId,
      exceptions,
      evidence: report.evidence,
    };
  } catch (error) {
    const { sentence } = reasonOf(error);
    const cancelled = isCancellation(error);
    recordOutcome(cancelled ? 'aborted' : 'failed');
    show(cancelled ? 'aborted' : 'failed', sentence);
    await trail.tryRecord({ ...about, outcome: 'failed', reason: sentence, facts: { refresh: wanted.name } });
    if (!cancelled) await tellRefreshFailed(input, sentence);
    throw cancelled ? error : failWith(reasonOf(error));
  }
}

type Show = (phase: RefreshProgress['phase'], sentence: string) => void;

/** Shows the run in the query and the current details. */
function openBoard(name: string): Show {
  let state: RefreshProgress = { refresh: name, phase: 'choosing', sentence: '' };
  const show: Show = (phase, sentence) => {
    state = { refresh: name, phase, sentence };
    setCurrentDetails(`### Refresh ${name}: ${phase}\n\n${sentence}`);
  };
  setHandler(defineQuery<RefreshProgress>(progressQuery), () => state);
  show('choosing', '');
  return show;
}

async function make(input: RefreshInput, show: Show): Promise<RefreshResult> {
  const { refresh: wanted } = input;
  const { zone } = wanted.server;
  const startedAt = Date.now();
  const until = new Date(startedAt + 2 * aDay * 1000).toISOString();
  const choice = await chooseBackup(input);
  show('restoring and masking', [nameOf(choice.backup), ...choice.picked].join('\n\n'));
  const { remade, repository, exceptions } = await remakeFrom(input, choice, until);
  const { order, trimmed, masked, verified, warnings } = remade;
  show('publishing', nameOf(choice.backup));
  const at = new Date(Date.now()).toISOString();
  try {
    await CancellationScope.nonCancellable(() =>
      activitiesIn(zone, { within: 3600, attempts: 10 }).publishDatabase({
        refresh: wanted,
        backup: choice.backup,
        order,
        at,
        until,
      }),
    );
  } catch (error) {
    await CancellationScope.nonCancellable(() => discard(input, remade));
    throw error;
  }
  return {
    result: 'passed',
    refresh: wanted.name,
    backup: choice.backup,
    picked: choice.picked,
    repository,
    database: wanted.database,
    seconds: (Date.now() - startedAt) / 1000,
    trimmed,
    masked,
    verified,
    backedUpBy: null,
    evidence: null,
    exceptions: [...choice.exceptions, ...exceptions, ...warnings],
  };
}

/** Each copy in turn; a fault of the policy or of the server is none of the copy. */
async function remakeFrom(
  { refresh: wanted }: RefreshInput,
  { backup, copies }: RefreshChoice,
  until: string,
): Promise<{ remade: Remade; repository: string; exceptions: string[] }> {
  const work = activitiesIn(wanted.server.zone, { within: aDay, attempts: 3, patience: patient });
  const exceptions: string[] = [];
  let reason: Reason = { code: 'not-found', sentence: `No repository holds ${nameOf(backup)}.` };
  for (const repository of copies)
    try {
      const remade = await work.remakeDatabase({ refresh: wanted, backup, repository, until });
      return { remade, repository: repository.name, exceptions };
    } catch (error) {
      if (isCancellation(error)) throw error;
      reason = reasonOf(error);
      exceptions.push(`The copy in ${repository.name} could not be used: ${reason.sentence}`);
      if (!mayAnotherCopyDo(reason)) break;
    }
  throw failWith(reason);
}

async function discard({ refresh: wanted }: RefreshInput, { order }: Remade): Promise<void> {
  try {
    await activitiesIn(wanted.server.zone, { within: 3600, attempts: 10 }).discardRemade({
      refresh: wanted,
      order,
    });
  } catch {
    // The mark says that it is a leftover: the next use of the server removes it.
  }
}

/** Starts the backup of what was made, which goes on without us. */
async function followed({
  followedBy: plan,
  person,
}: RefreshInput): Promise<{ workflowId: string | null; exceptions: string[] }> {
  if (plan === undefined) return { workflowId: null, exceptions: [] };
  try {
    return { workflowId: await startBackup(plan, person), exceptions: [] };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return {
      workflowId: null,
      exceptions: [`The backup by ${plan.name} could not be started: ${reasonOf(error).sentence}`],
    };
  }
}

async function startBackup(plan: ResolvedPlan, person: string | undefined): Promise<string> {
  // No person starts it: there is nobody to sign a request.
  const { secondFactor: _, ...unasked } = plan;
  const { workflowId } = await startChild<Workflows['backup']>(workflowTypes.backup, {
    workflowId: `backup/${plan.name}/after-${workflowInfo().runId.slice(-8)}`,
    taskQueue: taskQueueOf(plan.source.zone),
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowExecutionTimeout: (plan.schedule.deadline + 900) * 1000,
    staticSummary: `Backup of ${plan.source.name} by plan ${plan.name}, after its refresh`.slice(0, 200),
    args: [{ plan: unasked, ...(person === undefined ? {} : { person }) }],
  });
  return workflowId;
}
