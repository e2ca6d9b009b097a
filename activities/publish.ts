import type { ResolvedRepository } from '../policy/resolved.ts';
import { markRepository, openStore, putApplied, signApplied } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { PublishResult } from '../workflows/contract-upkeep.ts';
import { reasonOf } from './reason.ts';
import type { PolicySignature, PublishToInput, SealPolicyInput } from './types.ts';
import type { Work } from './work.ts';

type Published = PublishResult['repositories'][number];

/**
 * Signs an applied policy with the key of this worker's zone.
 *
 * @throws HoldfastError `bad-key` when the key can't be used
 */
export async function sealPolicy(
  work: Work,
  { signingKey, ...applied }: SealPolicyInput,
): Promise<PolicySignature> {
  return signApplied(applied, await work.secret(signingKey), work);
}

/**
 * Marks repositories that are new, and lays the policy down in each under its hash, create-only; signed, as the one that
 * was applied last. This is the only place that makes a repository out of a directory or a bucket.
 */
export async function publishPolicy(work: Work, input: PublishToInput): Promise<PublishResult> {
  return {
    repositories: await Promise.all(
      input.repositories.map((repository) => publishTo(work, repository, input)),
    ),
  };
}

async function publishTo(
  work: Work,
  repository: ResolvedRepository,
  input: PublishToInput,
): Promise<Published> {
  const { organization, hash, text, sealed } = input;
  try {
    const store = await openStore(repository);
    try {
      const marked = await markRepository(store, { organization }, work.signal);
      const put = await store.putIfAbsent(`_policy/${hash}.yaml`, Buffer.from(text), work.signal);
      const applied = await layDown(store, input, work);
      const changed = put === 'created' || applied === 'created';
      const outcome = marked === 'created' ? 'marked' : changed ? 'published' : 'unchanged';
      const signedBy = sealed === undefined ? {} : { signedBy: sealed.signedBy };
      return { repository: repository.name, outcome, ...signedBy };
    } finally {
      store.close();
    }
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { repository: repository.name, outcome: 'failed', sentence: reasonOf(error).sentence };
  }
}

async function layDown(
  store: Store,
  { organization, hash, text, sealed }: PublishToInput,
  work: Work,
): Promise<'created' | 'exists'> {
  if (sealed === undefined) return 'exists';
  const { at, publicKeys, signature } = sealed;
  return putApplied(store, { organization, at, hash, text, publicKeys }, signature, work.signal);
}
