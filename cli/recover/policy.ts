import { HoldfastError } from '../../policy/errors.ts';
import { policyOnceApplied } from '../../policy/once-applied.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { type AppliedPolicy, listApplied, readApplied } from '../../repository/index.ts';
import type { Store } from '../../repository/store.ts';

/** The policy that a recovery goes by. */
export type RecoveredPolicy = {
  /** Its name in the repository: `20261121T010000Z-1a2b3c4d`. */
  name: string;
  applied: AppliedPolicy;
  policy: ResolvedPolicy;
  /** Fingerprint of the key. */
  signedBy: string;
  /** Policies that were applied after it, where an older one was asked for. */
  newer: number;
};

/**
 * The policy that was applied last, or the one that is asked for, from a repository: signed by somebody trusted. Another
 * one is never taken in silence: what is newer and can't be trusted may be what somebody wants to be overlooked.
 *
 * @throws HoldfastError `not-found` when there is none, `untrusted-signature` when it can't be trusted, `corrupt-copy` when
 *   it can't be understood, and what the store throws
 */
export async function recoveredPolicy(
  store: Store,
  trusted: ReadonlySet<string>,
  asked: string | undefined,
  signal: AbortSignal,
): Promise<RecoveredPolicy> {
  const names = await listApplied(store, signal);
  const name = asked ?? names[0];
  if (name === undefined) throw await noPolicy(store, signal);
  if (!names.includes(name))
    throw new HoldfastError('not-found', `Repository ${store.name} has no applied policy ${name}.`, {
      hint: `It has: ${names.slice(0, 5).join(', ') || 'none'}.`,
    });
  const read = await readApplied(store, name, trusted, signal).catch(async (error: unknown) => {
    throw asked === undefined ? await withOlder(error, { store, trusted, names, signal }) : error;
  });
  const { applied, signedBy } = read;
  const policy = policyOnceApplied(Buffer.from(applied.text), applied.hash, applied.publicKeys);
  if (policy === null)
    throw new HoldfastError('corrupt-copy', `The policy ${name} is none that this version understands.`, {
      hint: 'Install the version of Holdfast that applied it.',
    });
  return { name, applied, policy, signedBy, newer: names.indexOf(name) };
}

/** How many older ones are looked at, to say which could be taken. */
const looked = 20;

type Question = {
  store: Store;
  trusted: ReadonlySet<string>;
  names: readonly string[];
  signal: AbortSignal;
};

/** The refusal with the newest policy that could be taken: to take it is for a person to say. */
async function withOlder(error: unknown, { store, trusted, names, signal }: Question): Promise<unknown> {
  if (!(error instanceof HoldfastError) || error.code !== 'untrusted-signature') return error;
  for (const older of names.slice(1, 1 + looked)) {
    const good = await readApplied(store, older, trusted, signal).then(
      () => true,
      () => false,
    );
    if (!good) continue;
    return new HoldfastError('untrusted-signature', error.message, {
      hint: `${error.hint ?? ''} The newest one that you can trust is ${older}: look what came after it, then take it with --applied ${older}.`.trim(),
      cause: error,
    });
  }
  return error;
}

async function noPolicy(store: Store, signal: AbortSignal): Promise<HoldfastError> {
  let unsigned = false;
  for await (const _ of store.listKeys('_policy/', signal)) {
    unsigned = true;
    break;
  }
  return unsigned
    ? new HoldfastError(
        'untrusted-signature',
        `Repository ${store.name} has a policy that nobody has signed.`,
        {
          hint: 'An older Holdfast applied it, or somebody removed what was signed. Take another copy of a repository; where the policy file itself is left, `holdfast dev` and `holdfast failover` need nothing else.',
        },
      )
    : new HoldfastError('not-found', `Repository ${store.name} is empty: no policy was ever applied to it.`, {
        hint: 'Take another copy of a repository; the one that has _policy/applied in it.',
      });
}
