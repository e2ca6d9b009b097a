import { CancellationScope, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { openTrail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type {
  RestoreTestInput,
  RestoreTestResult,
  SurveyedProofs,
  TestAttempt,
} from './contract-restore-test.ts';
import { testAttempts } from './contract-restore-test.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { healBadCopies } from './restore-test-heal.ts';
import { longestGap, type Picked, pickCopy } from './restore-test-pick.ts';
import { keepReport } from './restore-test-report.ts';
import { tellFindings } from './restore-test-tell.ts';
import {
  asksAnotherCopy,
  exceptionsOf,
  missedTargets,
  outcomeOf,
  type Tested,
  verdictOfAttempts,
  verdictOfReason,
} from './restore-test-verdict.ts';
import { awaken } from './thaw.ts';

const aDay = 86_400;

/**
 * Proves that a backup of a plan restores: one copy into a scratch place, every check that the policy asks for, and a
 * signed report. A copy that is bad while another is good is told at once and healed; a test that could not be made is
 * neither a pass nor a false alarm (law 11).
 */
export async function restoreTest(input: RestoreTestInput): Promise<RestoreTestResult> {
  const trail = openTrail(input.audit, input.test.zone);
  try {
    const tested = await testPlan(input);
    const result = await CancellationScope.nonCancellable(() => conclude(input, tested));
    recordOutcome(result.result);
    setCurrentDetails(summaryOf(result));
    return result;
  } catch (error) {
    const cancelled = isCancellation(error);
    recordOutcome(cancelled ? 'aborted' : 'failed');
    const { plan, person } = input;
    const reason = cancelled ? 'It was cancelled: no proof, and no alarm.' : reasonOf(error).sentence;
    await trail.tryRecord({ action: 'backup.tested', subject: plan.name, outcome: 'failed', person, reason });
    throw cancelled ? error : failWith(reasonOf(error));
  }
}

async function testPlan(input: RestoreTestInput): Promise<Tested> {
  const at = new Date(Date.now()).toISOString();
  const { surveys, exceptions } = await survey(input);
  const { runId } = workflowInfo();
  const source = input.plan.source.name;
  const choice = input.choice ?? input.test.pick;
  const thaw = input.test.thaw !== undefined;
  const pick = pickCopy({
    ...{ source, choice, surveys, now: at, seed: runId, thaw },
    named: input.from !== undefined,
  });
  if ('none' in pick)
    return { pick: null, attempts: [], surveys, exceptions: [...exceptions, pick.none], at };
  const attempts: TestAttempt[] = [];
  for (const name of pick.repositories) {
    const repository = input.plan.copies.find((copy) => copy.name === name);
    if (repository === undefined) continue;
    setCurrentDetails(
      `Testing \`${pick.backup.backupId}\` from **${name}** in zone ${input.test.zone}. ${pick.reasons.join(' ')}`,
    );
    const attempt = await tryCopy(input, pick, repository);
    attempts.push(attempt);
    if (!asksAnotherCopy(attempt)) break;
  }
  return { pick, attempts, surveys, exceptions, at };
}

/** Each repository that the test names, listed by its own zone. One that can't be read is an exception. */
async function survey(input: RestoreTestInput): Promise<{ surveys: SurveyedProofs[]; exceptions: string[] }> {
  const { plan, test } = input;
  const exceptions: string[] = [];
  const named = plan.copies.filter(({ name }) =>
    input.from === undefined ? test.from.includes(name) : name === input.from,
  );
  const surveys = await Promise.all(
    named.map(async (repository) => {
      if (repository.kind === 'filesystem' && repository.zone !== test.zone) {
        exceptions.push(
          `${repository.name} is a directory in zone ${repository.zone}, which zone ${test.zone} can't read: its copies are not tested.`,
        );
        return [];
      }
      try {
        const work = activitiesIn(repository.zone, { within: 900, attempts: 3, patience: patient });
        const found = await work.surveyProofs({
          repository,
          source: plan.source.name,
          plan: plan.name,
          shared: plan.siblings !== undefined,
        });
        return [found];
      } catch (error) {
        if (isCancellation(error)) throw error;
        exceptions.push(`${repository.name} could not be read: ${reasonOf(error).sentence}`);
        return [];
      }
    }),
  );
  return { surveys: surveys.flat(), exceptions };
}

async function tryCopy(
  input: RestoreTestInput,
  pick: Picked,
  repository: ResolvedRepository,
): Promise<TestAttempt> {
  const { plan, test } = input;
  const { smoke, command, server, jobs } = test;
  const startedAt = new Date(Date.now()).toISOString();
  try {
    const { zone, thaw } = test;
    if (thaw !== undefined)
      await awaken({ backup: pick.backup, signers: plan.signers, zone, thaw }, repository);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { ...lostAttempt(repository.name, startedAt, error), scratchGone: true };
  }
  const within = test.schedule?.deadline ?? aDay;
  // The zone has a worker, which leads this run; it may be busy with a backup for as long as that takes.
  const work = activitiesIn(test.zone, { within, attempts: testAttempts });
  try {
    return await work.testCopy({
      backup: pick.backup,
      repository,
      signers: plan.signers,
      keys: [plan.key],
      test: {
        smoke,
        jobs,
        ...(command === undefined ? {} : { command }),
        ...(server === undefined ? {} : { server }),
      },
      ...(plan.recent === undefined ? {} : { recent: plan.recent }),
      rpo: plan.tier?.rpo ?? null,
      timezone: plan.timezone,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return lostAttempt(repository.name, startedAt, error);
  }
}

/** An attempt of which only its failure is known: no worker took it, or the last one was lost. */
function lostAttempt(repository: string, startedAt: string, error: unknown): TestAttempt {
  const reason = reasonOf(error);
  const endedAt = new Date(Date.now()).toISOString();
  return {
    repository,
    verdict: verdictOfReason(reason),
    reason,
    signedBy: null,
    startedAt,
    endedAt,
    restoreSeconds: null,
    totalSeconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
    bytes: 0,
    tables: null,
    rows: null,
    checks: [],
    warnings: [],
    scratchGone: reason.code !== 'interrupted' && reason.code !== 'stalled',
    dataTime: null,
    newestRow: null,
  };
}

/** Tells who has to know, heals, measures, and keeps the report: all of it also when somebody cancels meanwhile. */
async function conclude(input: RestoreTestInput, tested: Tested): Promise<RestoreTestResult> {
  const { plan } = input;
  const { attempts, surveys, at, pick } = tested;
  const untold = await tellFindings(input, tested, []);
  const healed = await healBadCopies(input, tested);
  const verdict = verdictOfAttempts(attempts);
  const proof = attempts.find((attempt) => attempt.verdict === 'proven');
  const rto = { target: plan.tier?.rto ?? null, measured: proof?.totalSeconds ?? null };
  const rpo = { target: plan.tier?.rpo ?? null, measured: longestGap(surveys, at) };
  const exceptions = [
    ...tested.exceptions,
    ...attempts.flatMap(exceptionsOf),
    ...healed.filter(({ outcome }) => outcome === 'failed').map(({ sentence }) => sentence),
    ...missedTargets({ rto, rpo }),
  ];
  const found = {
    verdict,
    plan: plan.name,
    backup: pick?.backup ?? null,
    picked: pick?.reasons ?? [],
    attempts,
    rto,
    rpo,
    healed,
  };
  const kept = await keepReport(input, { ...found, result: outcomeOf(verdict, exceptions), exceptions }, at);
  const told = healed.length > 0 ? await tellFindings(input, tested, healed) : null;
  const all = [
    ...exceptions,
    ...kept.exceptions,
    ...[told ?? untold].filter((sentence) => sentence !== null),
  ];
  const result = { ...found, result: outcomeOf(verdict, all), exceptions: all, evidence: kept.evidence };
  const unrecorded = await recordTest(input, result);
  return unrecorded === null ? result : { ...result, exceptions: [...all, unrecorded] };
}

function recordTest(input: RestoreTestInput, result: RestoreTestResult): Promise<string | null> {
  const { plan, person } = input;
  const { backup, verdict, evidence, exceptions, healed } = result;
  const subject = backup === null ? plan.name : `${backup.source}/${backup.backupId}`;
  return openTrail(input.audit, input.test.zone).tryRecord(
    ...healed.map(({ repository, from, outcome, sentence }) => ({
      action: 'copy.healed' as const,
      subject,
      outcome: outcome === 'healed' ? ('done' as const) : ('failed' as const),
      reason: sentence,
      facts: { repository, from },
    })),
    {
      action: 'backup.tested',
      subject,
      outcome: verdict === 'proven' ? 'done' : 'failed',
      person,
      reason: verdict === 'proven' ? undefined : exceptions[0],
      hash: evidence?.sha256,
      facts: { plan: plan.name, verdict, result: result.result },
    },
  );
}

function summaryOf({ result, verdict, backup, attempts, exceptions }: RestoreTestResult): string {
  const from = attempts.map(({ repository, verdict: each }) => `${repository}: ${each}`).join(', ');
  const lines = [
    `**${result}**: \`${backup?.backupId ?? 'no backup'}\` is ${verdict} (${from})`,
    ...exceptions,
  ];
  return lines.join('\n\n').slice(0, 18_000);
}
