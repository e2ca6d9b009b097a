import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import {
  fill,
  listApplied,
  markRepository,
  newestFilling,
  openRepository,
  openStore,
  putApplied,
  readApplied,
  recordFilling as record,
} from '../repository/index.ts';
import { fingerprintOfKey } from '../repository/person-signature.ts';
import type { Store } from '../repository/store.ts';
import type {
  AirgapRecord,
  AirgapStateInput,
  AirgapStateResult,
  FillInput,
  LookInput,
  PlanFill,
  Sight,
} from '../workflows/contract-airgap.ts';
import { restoreDocumentOf } from './copies.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/**
 * Whether a repository that people attach is there, and tells the log what is asked of them while it is not as they
 * were asked. A fresh medium becomes the repository when it is empty.
 */
export async function lookForRepository(work: Work, input: LookInput): Promise<Sight> {
  const sight = await look(work, input);
  const { ask, repository } = input;
  if (ask !== undefined && sight.there === (ask.verb === 'detach'))
    work.log('warn', ask.sentence, { repository: repository.name, roles: ask.roles, people: ask.people });
  return sight;
}

async function look(work: Work, { repository, organization, fresh }: LookInput): Promise<Sight> {
  try {
    const store = await openStore(repository);
    try {
      if (fresh) await markRepository(store, { organization }, work.signal);
      await openRepository(store, work.signal);
    } finally {
      store.close();
    }
    return { there: true, sentence: `${repository.name} is attached.` };
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    return { there: false, sentence: error.sentence };
  }
}

/** Copies what an air-gapped repository lacks of a plan's backups, and the policy with them. */
export async function fillAirgapped(work: Work, input: FillInput): Promise<PlanFill> {
  const { repository, plan, source, signers, policyHash } = input;
  const stores: Store[] = [];
  try {
    // A directory of another zone is on no disk of this host.
    const reachable = input.from.filter(
      ({ kind, zone }) => kind !== 'filesystem' || zone === repository.zone,
    );
    for (const each of reachable) stores.push(await openStore(each));
    const outcome = await withRepository(repository, work.signal, async (target) => {
      const filled = await fill({
        target,
        from: stores,
        plan,
        source,
        signers,
        restoreDocument: (manifest) => restoreDocumentOf(manifest, signers),
        signal: work.signal,
        onProgress: (phase, progress) => work.report({ phase, ...progress }),
      });
      await copyPolicy(work, stores, target, `_policy/${policyHash}.yaml`);
      await copyApplied(work, stores, target, signers);
      return filled;
    });
    const none = `None of the repositories of ${plan} can be reached from zone ${repository.zone}.`;
    const exceptions = [...(stores.length === 0 ? [none] : []), ...outcome.exceptions];
    return { ...outcome, plan, exceptions: exceptions.map((sentence) => `${plan}: ${sentence}`) };
  } finally {
    for (const store of stores) store.close();
  }
}

/** A recovery from the safe alone wants the policy too; a repository that lacks it is no fault of the copies. */
async function copyPolicy(work: Work, stores: readonly Store[], target: Store, key: string): Promise<void> {
  if ((await target.head(key, work.signal)) !== null) return;
  for (const store of stores) {
    const text = await store.get(key, work.signal).catch(() => null);
    if (text === null) continue;
    await target.putIfAbsent(key, text, work.signal);
    return;
  }
}

/** The policy that was applied last, as somebody of the policy's signers signed it. */
async function copyApplied(
  work: Work,
  stores: readonly Store[],
  target: Store,
  signers: readonly Signer[],
): Promise<void> {
  const trusted = new Set(signers.map(({ publicKey }) => fingerprintOfKey(publicKey)));
  const found: Awaited<ReturnType<typeof readApplied>>[] = [];
  for (const store of stores) {
    const [last] = await listApplied(store, work.signal).catch(() => []);
    if (last === undefined) continue;
    const read = await readApplied(store, last, trusted, work.signal).catch(() => null);
    if (read !== null) found.push(read);
  }
  const [newest] = found.sort((one, other) => (one.applied.at < other.applied.at ? 1 : -1));
  if (newest !== undefined) await putApplied(target, newest.applied, newest.signature, work.signal);
}

/** Leaves word in an online repository of when an air-gapped one was filled, and how fresh its data is. */
export async function recordFilling(
  work: Work,
  input: { repository: ResolvedRepository; record: AirgapRecord },
): Promise<void> {
  await withRepository(input.repository, work.signal, (store) => record(store, input.record, work.signal));
}

/** The newest record of an air-gapped repository; what can't be read is named, never left out. */
export async function readFillings(
  work: Pick<Work, 'signal'>,
  { repository: name, records }: AirgapStateInput,
): Promise<AirgapStateResult> {
  const result: AirgapStateResult = { record: null, unreadable: [] };
  for (const repository of records) {
    try {
      const found = await withRepository(repository, work.signal, (store) =>
        newestFilling(store, name, work.signal),
      );
      if (found !== null && (result.record === null || found.at > result.record.at)) result.record = found;
    } catch (error) {
      if (work.signal.aborted) throw error;
      result.unreadable.push({ repository: repository.name, sentence: reasonOf(error).sentence });
    }
  }
  return result;
}
