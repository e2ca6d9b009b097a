import { allHandlersFinished, condition, isCancellation, patched } from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { type Desk, openDesk } from './airgap-desk.ts';
import { expireAttached } from './airgap-expiry.ts';
import { tryAnnounce } from './alerting.ts';
import { question, rolesAsked } from './attachment.ts';
import { type Happening, openTrail, type Trail } from './audit.ts';
import type { AirgapInput, AirgapResult, PlanFill, Sight } from './contract-airgap.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** Seconds that copying may take beyond its deadline, so that it is the run that ends it and says so. */
const spare = 600;

/** Faults of a repository that is not there: what a person who unplugs it causes. */
const absent: ReadonlySet<string> = new Set(['not-a-repository', 'unreachable', 'not-found']);

/**
 * Fills an air-gapped repository: asks a person to attach it and waits durably, with reminders and escalation; copies
 * what is missing, each backup read back before it counts; removes what has expired; asks to detach it. One that is unplugged midway is asked
 * for once more. What people say comes as an Update or as a Signal, through the same checks.
 */
export async function airgap(input: AirgapInput): Promise<AirgapResult> {
  const desk = openDesk(input);
  const trail = openTrail(input.audit, input.repository.zone);
  try {
    await fillWhenAttached(input, desk, trail);
    await expireAttached(input, desk, trail);
    const { attachedBy, plans, expired } = desk.state();
    const remembering = remember(input, plans, desk);
    // A run that was asking before this version has remembered first.
    if (!patched('ask-to-detach-at-once')) await remembering;
    const [{ by: detachedBy, gone }] = await Promise.all([awaitDetached(input, desk, trail), remembering]);
    await condition(allHandlersFinished);
    const exceptions = [
      ...[...plans, ...expired].flatMap((each) => each.exceptions),
      ...(gone
        ? []
        : [`${input.repository.name} is still attached: an air gap that is closed protects nothing.`]),
    ];
    const result = exceptions.length === 0 ? 'passed' : 'passed-with-exceptions';
    desk.end('done', result);
    return { result, repository: input.repository.name, attachedBy, detachedBy, plans, expired, exceptions };
  } catch (error) {
    const reason = reasonOf(error);
    desk.note(reason.sentence);
    desk.end(isCancellation(error) ? 'aborted' : 'failed', isCancellation(error) ? 'aborted' : 'failed');
    throw isCancellation(error) ? error : failWith(reason);
  }
}

async function fillWhenAttached(input: AirgapInput, desk: Desk, trail: Trail): Promise<void> {
  const { repository, manual } = input;
  const until = Date.now() + manual.patience * 1000;
  for (;;) {
    desk.show({ phase: 'asking to attach', asked: 0, until: new Date(until).toISOString() });
    const seen = await askUntil(input, desk, 'attach', until);
    if (seen === null)
      throw failWith({
        code: 'stalled',
        sentence: `Nobody attached ${repository.name} in time. Run \`holdfast repository fill ${repository.name}\` when somebody can.`,
      });
    await tell(trail, desk, { action: 'repository.attached', subject: repository.name, person: seen.by });
    desk.show({ phase: 'copying', attachedBy: seen.by ?? null, until: null });
    const lost = await fillAll(input, desk, trail);
    if (lost === null) return;
    desk.note(`It was gone before all was copied: ${lost}`);
  }
}

async function awaitDetached(
  input: AirgapInput,
  desk: Desk,
  trail: Trail,
): Promise<{ by: string | null; gone: boolean }> {
  const { repository, manual } = input;
  const until = Date.now() + manual.patience * 1000;
  desk.show({ phase: 'asking to detach', asked: 0, until: new Date(until).toISOString() });
  const seen = await askUntil(input, desk, 'detach', until);
  if (seen === null) return { by: null, gone: false };
  await tell(trail, desk, { action: 'repository.detached', subject: repository.name, person: seen.by });
  return { by: seen.by ?? null, gone: true };
}

/** Asks until the repository is there, or gone; who said so where somebody did. Null when the time is over. */
async function askUntil(
  input: AirgapInput,
  desk: Desk,
  verb: 'attach' | 'detach',
  until: number,
): Promise<{ by: string | undefined } | null> {
  desk.settle(null);
  for (let due = Date.now(); ; ) {
    const word = desk.word();
    const ask = Date.now() >= due;
    if (ask) {
      const asked = desk.state().asked + 1;
      due = Date.now() + input.manual.remind * 1000;
      desk.show({ asked, roles: rolesAsked(input.manual, asked) });
    }
    const sight = await look(input, desk, verb, { ask, fresh: word?.fresh === true });
    const done = sight.there === (verb === 'attach');
    if (done || Date.now() >= until) {
      const by = (word ?? desk.word())?.by;
      // Also who has spoken during this look: nobody looks for them any more.
      desk.settle(sight);
      return done ? { by } : null;
    }
    if (ask) tellAsked(input, desk, verb);
    if (word !== null) {
      word.answer = sight;
      desk.note(`${word.by} says that it is ${verb}ed, and it is not: ${sight.sentence}`);
    }
    await condition(desk.spoken, Math.max(1000, Math.min(due, until) - Date.now()));
  }
}

/** Tells the roles that are asked, beside the waiting: whoever answers meanwhile is heard at once. */
function tellAsked({ repository, alertZone }: AirgapInput, desk: Desk, verb: 'attach' | 'detach'): void {
  const { name, zone } = repository;
  const { roles } = desk.state();
  const sentence = question(verb, name, zone);
  void tryAnnounce(alertZone, { severity: 'warning', subject: `airgap/${name}`, sentence, roles }).then(
    (untold) => {
      if (untold !== null) desk.note(untold);
    },
  );
}

/** What the zone's worker sees. Without a worker nothing is seen, and the asking goes on. */
async function look(
  { repository, organization, people }: AirgapInput,
  desk: Desk,
  verb: 'attach' | 'detach',
  { ask, fresh }: { ask: boolean; fresh: boolean },
): Promise<Sight> {
  const { roles } = desk.state();
  const asked = people.filter((person) => person.roles.some((role) => roles.includes(role)));
  try {
    return await activitiesIn(repository.zone, {
      within: 600,
      attempts: 2,
      patience: patient,
    }).lookForRepository({
      repository,
      organization,
      fresh,
      ...(ask
        ? {
            ask: {
              roles,
              people: asked.map(({ name }) => name),
              verb,
              sentence: question(verb, repository.name, repository.zone),
            },
          }
        : {}),
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    // A repository that nobody could look for is not known to be gone.
    return { there: verb === 'detach', sentence: reasonOf(error).sentence };
  }
}

/** Copies every plan's missing backups; why the repository was lost midway, or null. */
async function fillAll(input: AirgapInput, desk: Desk, trail: Trail): Promise<string | null> {
  const { repository, manual, signers, policyHash } = input;
  const within = manual.schedule.deadline + spare;
  for (const { plan, source, from } of input.plans) {
    if (desk.state().plans.some((fill) => fill.plan === plan)) continue;
    try {
      const fill = await activitiesIn(repository.zone, {
        within,
        attempts: 3,
        patience: patient,
      }).fillAirgapped({
        repository,
        plan,
        source,
        from,
        signers,
        policyHash,
      });
      desk.show({ plans: [...desk.state().plans, fill] });
      if (fill.copied > 0)
        await tell(trail, desk, {
          action: 'copy.filled',
          subject: `${repository.name}/${plan}`,
          facts: { copied: fill.copied, bytes: fill.bytes },
        });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { code, sentence } = reasonOf(error);
      if (absent.has(code)) return sentence;
      desk.show({ plans: [...desk.state().plans, failedFill(plan, sentence)] });
    }
  }
  return null;
}

function failedFill(plan: string, sentence: string): PlanFill {
  return { plan, copied: 0, bytes: 0, present: 0, newest: null, exceptions: [`${plan}: ${sentence}`] };
}

/** Leaves word of the filling in the online repositories, each by its own zone: the disk itself will be in a safe. */
async function remember(input: AirgapInput, plans: PlanFill[], desk: Desk): Promise<void> {
  const online = new Map<string, ResolvedRepository>();
  for (const { from } of input.plans) for (const each of from) online.set(each.name, each);
  const record = {
    repository: input.repository.name,
    at: new Date().toISOString(),
    plans: plans.map(({ plan, newest }) => ({ plan, newest })),
  };
  await Promise.all(
    [...online.values()].map(async (repository) => {
      try {
        await activitiesIn(repository.zone, { within: 600, attempts: 3, patience: patient }).recordFilling({
          repository,
          record,
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        desk.note(`${repository.name} does not know of this filling: ${reasonOf(error).sentence}`);
      }
    }),
  );
}

async function tell(trail: Trail, desk: Desk, happening: Omit<Happening, 'outcome'>): Promise<void> {
  const sentence = await trail.tryRecord({ ...happening, outcome: 'done' });
  if (sentence !== null) desk.note(sentence);
}
