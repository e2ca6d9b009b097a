import { lookUp } from './lookup.ts';
import { nearestFirst } from './reach.ts';
import { resolveServer } from './resolve-server.ts';
import type { Place, ResolvedPlan, Signer } from './resolved.ts';
import { type ResolvedRefresh, type ResolvedRestoreTest, usualThawing } from './resolved-proof.ts';
import type { Policy } from './schema.ts';
import { testPlace } from './test-place.ts';

/** How a plan is tested, also on demand alone; absent when no zone that opens its key can read a copy. */
export function resolveRestoreTest(
  plan: Policy['plans'][string],
  policy: Policy,
): ResolvedRestoreTest | undefined {
  const place = testPlace(plan, policy);
  if (place === null) return undefined;
  const { schedule, pick, smoke, command, server: serverName, jobs, thaw } = plan.restoreTest ?? onDemand;
  const server = serverName === undefined ? undefined : lookUp(policy.scratchServers, serverName);
  return {
    ...place,
    pick,
    smoke: smoke ?? [],
    jobs,
    ...(thaw ? { thaw: usualThawing } : {}),
    ...(schedule === undefined ? {} : { schedule }),
    ...(command === undefined ? {} : { command }),
    ...(serverName === undefined || server === undefined
      ? {}
      : { server: resolveServer(serverName, server) }),
  };
}

type Written = NonNullable<Policy['plans'][string]['restoreTest']>;

const onDemand: Written = { pick: { kind: 'latest' }, jobs: 1, thaw: false };

/** @param place Where the server's workers are. */
export function resolveRefresh(
  name: string,
  refresh: Policy['refreshes'][string],
  {
    server,
    place,
    plan,
    signers,
  }: { server: ResolvedRefresh['server']; place: Place; plan: ResolvedPlan; signers: Signer[] },
): ResolvedRefresh {
  const { database, owner, trim, mask, verify, schedule, then, jobs, provenWithin } = refresh;
  return {
    name,
    plan: plan.name,
    source: plan.source.name,
    provenWithin,
    server,
    database,
    owner,
    trim: trim ?? [],
    mask,
    verify: verify ?? [],
    jobs,
    candidates: nearestFirst(plan.copies, place),
    keys: [plan.key],
    signers,
    ...(plan.siblings === undefined ? {} : { shared: true }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(then === undefined ? {} : { then }),
  };
}
