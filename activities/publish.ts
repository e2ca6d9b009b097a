import type { ResolvedRepository } from '../policy/resolved.ts';
import { markRepository, openStore } from '../repository/index.ts';
import type { PublishInput, PublishResult } from '../workflows/contract.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

type Published = PublishResult['repositories'][number];

/**
 * Marks repositories that are new, and lays the policy down in each under its hash, create-only: the newest one is
 * the one that was applied last. This is the only place that makes a repository out of a directory or a bucket.
 */
export async function publishPolicy(work: Work, input: PublishInput): Promise<PublishResult> {
  return {
    repositories: await Promise.all(
      input.repositories.map((repository) => publishTo(work, repository, input)),
    ),
  };
}

async function publishTo(
  work: Work,
  repository: ResolvedRepository,
  { organization, hash, text }: PublishInput,
): Promise<Published> {
  try {
    const store = await openStore(repository);
    try {
      const marked = await markRepository(store, { organization }, work.signal);
      const key = `_policy/${hash}.yaml`;
      const put = await store.putIfAbsent(key, Buffer.from(text), work.signal);
      const outcome = marked === 'created' ? 'marked' : put === 'created' ? 'published' : 'unchanged';
      return { repository: repository.name, outcome };
    } finally {
      store.close();
    }
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { repository: repository.name, outcome: 'failed', sentence: reasonOf(error).sentence };
  }
}
