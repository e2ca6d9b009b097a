import type { ResolvedRepository } from '../policy/resolved.ts';
import { inFlight } from '../repository/in-flight.ts';
import { type BackupListing, listBackups, newestFilling, readManifest } from '../repository/index.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import type {
  CheckedPlan,
  CopiesAnswer,
  CopiesCheckInput,
  CopiesFacts,
  NewestCopies,
  SampledCopy,
  Verdict,
} from '../workflows/contract-checks.ts';
import { encryptionVerdict, lockedVerdict, type WantedLock } from './copies-protection.ts';
import { pack } from './packing.ts';
import { pastPolicies } from './past-policies.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { inputOfRun } from './run-input.ts';
import { manifestFacts, placeOf } from './survey-manifests.ts';
import { isCopy } from './survey-plan.ts';
import type { Work } from './work.ts';

const sourcesAtOnce = 8;

/** What this zone finds out about the newest copies in its repositories, packed, and which of them to read again. */
export async function lookAtCopies(work: Work): Promise<Extract<CopiesAnswer, { packed: string }>> {
  const input = await inputOfRun<CopiesCheckInput>();
  const facts: CopiesFacts = { zone: work.zone, repositories: [], newest: [], fillings: [] };
  for (const repository of input.repositories) {
    if (repository.zone !== work.zone || repository.manual !== undefined) continue;
    try {
      const seen = await withRepository(repository, work.signal, (store) =>
        lookInto(work, input, repository, store),
      );
      facts.newest.push(...seen.newest);
      facts.fillings.push(...seen.fillings);
      facts.repositories.push({ repository: repository.name, unreadable: null });
    } catch (error) {
      if (work.signal.aborted) throw error;
      facts.repositories.push({ repository: repository.name, unreadable: reasonOf(error).sentence });
    }
  }
  const sample = facts.newest.flatMap(({ plan, source, repository, backups }): SampledCopy[] =>
    backups.map((backupId) => ({ plan, source, repository, backupId })),
  );
  return { zone: work.zone, packed: pack(facts), sample };
}

async function lookInto(
  work: Work,
  input: CopiesCheckInput,
  repository: ResolvedRepository,
  store: Store,
): Promise<Pick<CopiesFacts, 'newest' | 'fillings'>> {
  const own = input.plans.filter(({ copies }) => copies.includes(repository.name));
  const newest: NewestCopies[] = [];
  const sources = [...new Set(own.map(({ source }) => source))];
  const look = { work, input, repository, store, onceApplied: pastPolicies(store, work.signal) };
  const newestBy = (source: string) =>
    newestOf(
      look,
      own.filter((plan) => plan.source === source),
    );
  for await (const part of inFlight(sources, sourcesAtOnce, newestBy)) newest.push(...part);
  const fillings: CopiesFacts['fillings'] = [];
  for (const name of new Set(own.flatMap(({ airgapped }) => airgapped))) {
    const found = await newestFilling(store, name, work.signal);
    const plans = (found?.plans ?? []).flatMap(({ plan, newest: copy }) => (copy === null ? [] : [plan]));
    fillings.push({ repository: name, at: found?.at ?? null, unreadable: null, plans });
  }
  return { newest, fillings };
}

type Read = { backup: BackupListing; manifest: Manifest | { unread: string } };

/** A look into one repository. */
type Look = {
  work: Work;
  input: CopiesCheckInput;
  repository: ResolvedRepository;
  store: Store;
  onceApplied: WantedLock['onceApplied'];
};

/** The newest copies of plans that share a source. */
async function newestOf(look: Look, plans: readonly CheckedPlan[]): Promise<NewestCopies[]> {
  const { work, input, repository, store } = look;
  const [first] = plans;
  if (first === undefined) return [];
  const { source } = first;
  const wanted = Math.max(1, input.checks.copies.sample);
  const listed = (await listBackups(store, { source }, work.signal)).filter(isCopy).reverse();
  const owners = first.shared ? await manifestFacts(store, placeOf(repository), listed, work.signal) : null;
  const found = new Map<string, Read[]>();
  for (const { plan } of plans) {
    const own =
      owners === null ? listed : listed.filter(({ backupId }) => owners.get(backupId)?.plan === plan);
    const reads: Read[] = [];
    for (const backup of own.slice(0, wanted))
      reads.push({ backup, manifest: await manifestOf(work, input, store, backup) });
    found.set(plan, reads);
  }
  return Promise.all(
    [...found].map(
      async ([plan, reads]): Promise<NewestCopies> => ({
        plan,
        source,
        repository: repository.name,
        backups: reads.map(({ backup }) => backup.backupId),
        encrypted: await worstOf(reads, (read) => encryptionVerdict(work, repository, read)),
        locked: await worstOf(reads, (read) =>
          lockedVerdict(work, repository, store, wantedLock(look, plan, plans), read),
        ),
      }),
    ),
  );
}

/** The lock that a plan's copies get in a repository. */
function wantedLock(
  { input, repository, onceApplied }: Look,
  plan: string,
  plans: readonly CheckedPlan[],
): WantedLock {
  const own = plans.find((each) => each.plan === plan)?.locks?.[repository.name];
  const usual = repository.kind === 's3' ? repository.lock?.for : undefined;
  return { plan, seconds: own ?? usual ?? 0, policyHash: input.policyHash, onceApplied };
}

async function manifestOf(
  work: Work,
  { signers }: CopiesCheckInput,
  store: Store,
  backup: BackupListing,
): Promise<Read['manifest']> {
  try {
    return (await readManifest(store, backup, signers, work.signal)).manifest;
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { unread: reasonOf(error).sentence };
  }
}

/** What holds of the worst of the newest copies. */
async function worstOf(reads: readonly Read[], ask: (read: Read) => Promise<Verdict>): Promise<Verdict> {
  const order = ['no', 'not-checked', 'yes'];
  const verdicts: Verdict[] = [];
  for (const read of reads) verdicts.push(await ask(read));
  const [worst] = verdicts.sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  return worst ?? { outcome: 'not-checked', sentence: 'There is no copy.' };
}
