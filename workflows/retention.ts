import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ResolvedPlan } from '../policy/resolved.ts';
import { openApprovalAlert } from './approval-alert.ts';
import { openTrail, type Trail } from './audit.ts';
import { recordOutcome } from './board.ts';
import type { Outcome } from './contract.ts';
import type {
  ExpiryResult,
  PromotionResult,
  RetentionInput,
  RetentionRecord,
  RetentionResult,
  Weighed,
} from './contract-retention.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { expire, type Known, promote } from './retention-deeds.ts';
import { openRetentionDesk, type RetentionDesk } from './retention-desk.ts';
import { faultInSurvey, type Places, placesOf } from './retention-places.ts';
import { surveyPlaces } from './retention-survey.ts';
import { failedRetention, watchRetention } from './retention-watch.ts';

const aDay = 86_400;

/** How long a person may take to agree to rules that have become shorter. */
const confirmWithin = 7 * aDay;

/**
 * Keeps what the rules of a plan keep: surveys every repository, decides, promotes, and lets expire what remains. A
 * listing that fails, or that is empty where it can't be, decides nothing (law 4). What is promoted comes before
 * anything goes, a repository that fails stops no other one, and each removal looks once more. A preview does all of
 * it but the deeds.
 */
export async function retention(input: RetentionInput): Promise<RetentionResult> {
  const desk = openRetentionDesk(input);
  try {
    const places = placesOf(input.plan);
    const known = await look(input, places, desk);
    requireExpected(input, known.weighed);
    if (input.mode === 'preview') return conclude(input, known, desk, { promoted: [], expired: [] });
    const trail = openTrail(input.plan.audit, input.plan.source.zone);
    const promoted = await promote(known, places, desk, trail);
    const expired = (await mayExpire(input, known, desk, trail))
      ? await expire(known, places, desk, trail)
      : [];
    if (desk.state().confirmedBy !== null || known.weighed.shorter.backups === 0)
      await remember(input.plan, known, places, desk, expired);
    await watchRetention(input.plan, known.weighed, desk);
    return conclude(input, known, desk, { promoted, expired });
  } catch (error) {
    const cancelled = isCancellation(error);
    const reason = reasonOf(error);
    await CancellationScope.nonCancellable(async () => {
      desk.except(reason.sentence);
      desk.show({ phase: cancelled ? 'aborted' : 'failed' });
      recordOutcome(cancelled ? 'aborted' : 'failed');
    });
    if (!cancelled && input.mode === 'run') await failedRetention(input.plan, reason, desk);
    throw cancelled ? error : failWith(reason);
  }
}

/** Surveys, decides, asks for the locks of what would go, and decides again. */
async function look(input: RetentionInput, places: Places, desk: RetentionDesk): Promise<Known> {
  const { plan, mode } = input;
  const limits = { within: 6 * 3600, attempts: 5, patience: mode === 'preview' ? patient : aDay };
  const all = [...places.copies, ...places.archives, ...places.airgapped];
  const { found, last, warnings, ...seen } = await surveyPlaces(plan, all, limits);
  let { survey } = seen;
  desk.show({ warnings });
  const fault = faultInSurvey(places, plan.source.name, found, last?.copies ?? null);
  if (survey === null || fault !== null)
    throw failWith({ code: 'service-unavailable', sentence: fault ?? 'The plan has no repository.' });
  const now = new Date(Date.now()).toISOString();
  desk.show({ phase: 'deciding', now });
  const here = activitiesIn(plan.source.zone, limits);
  const former = last === null ? null : { rules: last.rules, timezone: last.timezone };
  const weighed = await here.weighRetention({ plan, survey, now, former });
  for (const { repository, removals } of weighed.work) {
    const place = [...places.copies, ...places.archives].find(({ name }) => name === repository);
    if (place === undefined || place.kind !== 's3' || removals === 0) continue;
    const asked = await activitiesIn(place.zone, limits).askLocks({ plan, survey, now, repository: place });
    survey = asked.survey;
    desk.except(...asked.exceptions);
  }
  const again = await here.weighRetention({ plan, survey, now, former });
  desk.show({ weighed: again });
  return { basis: { plan, survey, now }, weighed: again, found, last };
}

/** What somebody agreed to is done, or nothing. */
function requireExpected({ expect, plan }: RetentionInput, { hash }: Weighed): void {
  if (expect === undefined || expect === hash) return;
  throw failWith({
    code: 'mismatch',
    sentence: `What would be done is not what was shown: its hash is ${hash.slice(0, 16)} now, and was ${expect.slice(0, 16)}. Look again with \`holdfast retention preview ${plan.name}\`.`,
  });
}

/** Whether what is to expire may go: rules that became shorter need a person who agrees. */
async function mayExpire(
  input: RetentionInput,
  { weighed }: Known,
  desk: RetentionDesk,
  trail: Trail,
): Promise<boolean> {
  if (weighed.counts.expire === 0) return false;
  const { backups } = weighed.shorter;
  if (backups === 0) return true;
  if (input.expect !== undefined) desk.show({ confirmedBy: input.by ?? 'the command line' });
  const by = desk.state().confirmedBy ?? (await askForPeople(input.plan, backups, desk));
  if (by === null) {
    desk.except(
      `Nothing expired: ${backups} backups would go that the former rules keep, and nobody confirmed it within 7 days.`,
    );
    return false;
  }
  await trail.record({
    action: 'retention.confirmed',
    subject: input.plan.name,
    outcome: 'done',
    person: by,
    hash: weighed.hash,
    facts: { backups },
  });
  return true;
}

/** Tells people, who don't look at the Web UI every day, and waits for one who agrees; null when nobody did. */
async function askForPeople(
  { name, alertZone }: ResolvedPlan,
  backups: number,
  desk: RetentionDesk,
): Promise<string | null> {
  const alert = openApprovalAlert(alertZone, `retention/${name}`);
  await alert.ask({
    sentence: `${backups} backups of ${name} would go that the former rules keep. Look with \`holdfast retention preview ${name}\`, and agree with \`holdfast retention confirm ${name} --as NAME\`; after 7 days nothing of it expires.`,
    until: new Date(Date.now() + confirmWithin * 1000).toISOString(),
  });
  try {
    return await desk.askForConfirmation(confirmWithin);
  } finally {
    alert.decided();
    await alert.settled();
  }
}

/** Leaves word in every repository, for the next run to compare with. */
async function remember(
  plan: ResolvedPlan,
  { basis, weighed, found }: Known,
  places: Places,
  desk: RetentionDesk,
  expired: readonly ExpiryResult[],
): Promise<void> {
  const { retention: rules, name, timezone } = plan;
  if (rules === undefined) return;
  const removedFrom = (repository: string) =>
    expired.find((each) => each.repository === repository)?.removed ?? 0;
  const record: RetentionRecord = {
    format: 'holdfast-retention/1',
    plan: name,
    at: basis.now,
    timezone,
    rules: rules.rules,
    confirmedBy: desk.state().confirmedBy,
    decision: weighed.hash,
    workflowId: workflowInfo().workflowId,
    copies: Object.fromEntries(
      Object.entries(found).map(([repository, copies]) => [
        repository,
        Math.max(0, copies - removedFrom(repository)),
      ]),
    ),
  };
  await Promise.all(
    [...places.copies, ...places.archives].map(async (repository) => {
      try {
        await activitiesIn(repository.zone, { within: 600, attempts: 5, patience: patient }).recordRetention({
          repository,
          record,
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        desk.except(`The run could not be recorded in ${repository.name}: ${reasonOf(error).sentence}`);
      }
    }),
  );
}

function conclude(
  { plan, mode }: RetentionInput,
  { basis, weighed }: Known,
  desk: RetentionDesk,
  { promoted, expired }: { promoted: PromotionResult[]; expired: ExpiryResult[] },
): RetentionResult {
  const { exceptions, warnings, confirmedBy } = desk.state();
  const { hash, counts, freed, violations, shorter } = weighed;
  const result: Outcome = exceptions.length + violations.length === 0 ? 'passed' : 'passed-with-exceptions';
  desk.show({ phase: 'done' });
  recordOutcome(result);
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    result,
    mode,
    plan: plan.name,
    source: plan.source.name,
    now: basis.now,
    hash,
    counts,
    freed,
    promoted: sum(promoted.map((each) => each.promoted)),
    expired: sum(expired.map(({ removed }) => removed)),
    bytes: sum(expired.map(({ bytes }) => bytes)),
    confirmedBy,
    exceptions,
    warnings,
    violations,
    shorter,
    survey: basis.survey,
  };
}
