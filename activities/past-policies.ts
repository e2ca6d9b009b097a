import { policyOnceApplied } from '../policy/once-applied.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { Store } from '../repository/store.ts';

/** Policies that were applied once, as a repository keeps them, by their hashes; each is read once, and null where it can't be. */
export function pastPolicies(
  store: Store,
  signal: AbortSignal,
): (hash: string) => Promise<ResolvedPolicy | null> {
  const known = new Map<string, Promise<ResolvedPolicy | null>>();
  const read = async (hash: string) => {
    const text = await store.get(`_policy/${hash}.yaml`, signal);
    return text === null ? null : policyOnceApplied(text, hash);
  };
  return (hash) => {
    const policy = known.get(hash) ?? read(hash);
    known.set(hash, policy);
    return policy;
  };
}
