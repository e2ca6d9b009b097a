import { isCancellation } from '@temporalio/workflow';
import type { Desk } from './airgap-desk.ts';
import type { Trail } from './audit.ts';
import type { AirgapInput, PlanExpiry } from './contract-airgap.ts';
import type { Basis, ExpiryResult, RetainedPlan, Weighed } from './contract-retention.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { faultInSurvey, placesOf } from './retention-places.ts';
import { surveyPlaces } from './retention-survey.ts';

/** Backups kept too long beyond so many are counted and not named. */
const named = 5;

/**
 * Lets go from an attached repository what the rules of its plans let go, after all that it lacked was copied: the
 * decision and the removal of retention, for this one repository. A plan of which something could not be copied, or a
 * repository that can't be looked at, decides nothing (law 4).
 */
export async function expireAttached(input: AirgapInput, desk: Desk, trail: Trail): Promise<void> {
  const { repository } = input;
  for (const { plan, retained } of input.plans) {
    if (retained === undefined) continue;
    desk.show({ phase: 'expiring' });
    if (desk.state().plans.some((fill) => fill.plan === plan && fill.exceptions.length > 0)) {
      desk.note(`Nothing of ${plan} expires in ${repository.name} before it has all that it should have.`);
      continue;
    }
    try {
      desk.show({ expired: [...desk.state().expired, await expireOne(input, retained, desk, trail)] });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const sentence = `${plan}: What has expired stays in ${repository.name}: ${reasonOf(error).sentence}`;
      desk.show({ expired: [...desk.state().expired, { ...nothing(plan), exceptions: [sentence] }] });
    }
  }
}

const nothing = (plan: string): PlanExpiry => ({ plan, removed: 0, bytes: 0, backups: [], exceptions: [] });

async function expireOne(
  input: AirgapInput,
  plan: RetainedPlan,
  desk: Desk,
  trail: Trail,
): Promise<PlanExpiry> {
  const { repository, manual } = input;
  const here = activitiesIn(repository.zone, {
    within: manual.schedule.deadline,
    attempts: 5,
    patience: patient,
  });
  const basis = await lookAround(input, plan);
  const weighed = await here.weighRetention({ ...basis, former: null });
  const late = keptTooLong(plan.name, repository.name, weighed);
  if (weighed.counts.expire === 0) return { ...nothing(plan.name), exceptions: late };
  // Nothing goes that the audit log does not tell of.
  await trail.record({
    action: 'backup.expired',
    subject: `${plan.name} in ${repository.name}`,
    outcome: 'done',
    reason: 'Begun: everything that this decision lets expire is removed now.',
    hash: weighed.hash,
    facts: { backups: weighed.counts.expire, bytes: weighed.freed },
  });
  const done = await here.expireBackups({ ...basis, hash: weighed.hash, repository });
  const unwritten = await tellOf(done, plan.name, weighed.hash, trail);
  if (unwritten !== null) desk.note(unwritten);
  const { removed, bytes, backups, exceptions } = done;
  const stayed = exceptions.map((sentence) => `${plan.name}: ${sentence}`);
  return { plan: plan.name, removed, bytes, backups, exceptions: [...late, ...stayed] };
}

/** What every repository of the plan lists, the attached one with them. @throws when one of them can't be relied on */
async function lookAround({ repository, manual }: AirgapInput, plan: RetainedPlan): Promise<Basis> {
  const places = placesOf(plan);
  const limits = { within: manual.schedule.deadline, attempts: 3, patience: patient };
  const online = [...places.copies, ...places.archives];
  const { survey, found, last } = await surveyPlaces(plan, [...online, repository], limits);
  const fault = faultInSurvey(places, plan.source.name, found, last?.copies ?? null);
  if (fault !== null) throw failWith({ code: 'service-unavailable', sentence: fault });
  if (survey === null || found[repository.name] === undefined)
    throw failWith({ code: 'not-a-repository', sentence: `${repository.name} is not attached any more.` });
  const former = last === null ? null : { rules: last.rules, timezone: last.timezone };
  return {
    plan,
    survey,
    now: new Date(Date.now()).toISOString(),
    attached: { repository: repository.name, former },
  };
}

/** Over-retention behind the air gap. */
function keptTooLong(plan: string, repository: string, { counts, violations }: Weighed): string[] {
  const last = violations.slice(-named);
  const more = counts.violations - last.length;
  return [
    ...last.map(({ backupId, sentence }) => `${plan}: ${backupId} in ${repository}: ${sentence}`),
    ...(more > 0 ? [`${plan}: ${more} others are kept too long in ${repository} as well.`] : []),
  ];
}

function tellOf(
  { repository, removed, bytes, backups }: ExpiryResult,
  plan: string,
  hash: string,
  trail: Trail,
): Promise<string | null> {
  return trail.tryRecord({
    action: 'backup.expired',
    subject: `${plan} in ${repository}`,
    outcome: 'done',
    hash,
    facts: { removed, bytes, backups: backups.join(' ').slice(0, 4000) },
  });
}
