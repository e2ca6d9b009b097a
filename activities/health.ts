import { oddBackups } from '../checks/sizes.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { newestFilling } from '../repository/index.ts';
import { usualPatience } from '../workflows/checks-patience.ts';
import type {
  ChecksInput,
  FillingFact,
  HealthInput,
  KeyFact,
  ZoneAnswer,
  ZoneFacts,
} from '../workflows/contract-checks.ts';
import { encryptionFact, signingFact } from './key-facts.ts';
import { pack } from './packing.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { inputOfRun } from './run-input.ts';
import { surveyCopies } from './survey.ts';
import type { Work } from './work.ts';

/** What this zone finds out about its repositories and the keys that its work needs, packed. */
export async function lookAround(work: Work): Promise<Extract<ZoneAnswer, { packed: string }>> {
  const input = await inputOfRun<HealthInput>();
  return { zone: work.zone, packed: pack(await zoneFacts(work, input)) };
}

async function zoneFacts(work: Work, input: ChecksInput): Promise<ZoneFacts> {
  const online = input.repositories.filter(({ zone, manual }) => zone === work.zone && manual === undefined);
  const plans = input.plans.map(({ plan, source, copies, shared }) => ({
    plan,
    source,
    repositories: copies,
    shared,
  }));
  const { repository: patience } = input.patience ?? usualPatience;
  const surveys = await surveyCopies(work, { repositories: online, plans, history: true, patience });
  return {
    zone: work.zone,
    repositories: surveys.map((survey) => ({
      ...survey,
      plans: survey.plans.map(({ sizes: _sizes, ratios: _ratios, ...rest }) => rest),
    })),
    odd: surveys.flatMap((survey) => oddBackups(survey, input.checks.health)),
    keys: await keyFacts(work, input),
    fillings: await fillingFacts(work, input, online),
  };
}

/** The keys that backups of this zone are made with. */
async function keyFacts(work: Work, input: ChecksInput): Promise<KeyFact[]> {
  const here = input.plans.filter(({ zone }) => zone === work.zone);
  const names = new Set(here.map(({ key }) => key));
  const signing = here.length === 0 ? undefined : input.signingKeys[work.zone];
  return Promise.all([
    ...input.keys.filter(({ name }) => names.has(name)).map((key) => encryptionFact(work, key)),
    ...(signing === undefined ? [] : [signingFact(work, signing, input.signers)]),
  ]);
}

/** What the repositories of this zone remember of the air-gapped ones. */
async function fillingFacts(
  work: Work,
  { repositories, plans }: ChecksInput,
  online: readonly ResolvedRepository[],
): Promise<FillingFact[]> {
  const manual = repositories.filter((each) => each.manual !== undefined).map(({ name }) => name);
  const facts: FillingFact[] = [];
  for (const name of manual) {
    const told = new Set(
      plans.filter(({ airgapped }) => airgapped.includes(name)).flatMap(({ copies }) => copies),
    );
    for (const repository of online.filter((each) => told.has(each.name)))
      facts.push(await fillingFact(work, name, repository));
  }
  return facts;
}

async function fillingFact(work: Work, name: string, repository: ResolvedRepository): Promise<FillingFact> {
  try {
    const found = await withRepository(repository, work.signal, (store) =>
      newestFilling(store, name, work.signal),
    );
    return { repository: name, at: found?.at ?? null, unreadable: null };
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { repository: name, at: null, unreadable: `${repository.name}: ${reasonOf(error).sentence}` };
  }
}
