import type { ResolvedPolicy, ResolvedRepository } from '../policy/resolved.ts';

/** Repositories that answer without a person: all but those that somebody must attach first. */
export function onlineRepositories({ repositories }: ResolvedPolicy): ResolvedRepository[] {
  return Object.values(repositories).filter(({ manual }) => manual === undefined);
}

/** Where backups are looked for when nobody names a repository: online, and not the audit log's. */
export function backupRepositories(policy: ResolvedPolicy): ResolvedRepository[] {
  return onlineRepositories(policy).filter(({ name }) => name !== policy.audit?.repository.name);
}
