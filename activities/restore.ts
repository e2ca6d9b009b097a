import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedKey } from '../policy/resolved.ts';
import { formatBytes } from '../policy/units.ts';
import {
  type Decryption,
  keyOf,
  prepareDecryption,
  readManifest,
  undoStages,
  verifiedStream,
} from '../repository/index.ts';
import type { Manifest, ManifestFile } from '../repository/manifest.ts';
import type { Store } from '../repository/store.ts';
import { driverFor } from '../sources/index.ts';
import type { Comparison, RestoreInput as Plaintext, ScratchPlace } from '../sources/source.ts';
import type { RestoreAttempt, RestoreProgress } from '../workflows/contract-restore.ts';
import { whileReading } from './reading-marker.ts';
import { withRepository } from './repositories.ts';
import type { Activities } from './types.ts';
import type { Work } from './work.ts';

type Input = Parameters<Activities['restoreIntoScratch']>[0];

/**
 * Restores one copy into a scratch place of its own, compares it, keeps it as long as asked, and destroys it, also
 * after a failure or a cancellation (law 13).
 *
 * @throws HoldfastError `corrupt-copy`, `untrusted-signature` or `bad-key`: this copy, or this zone, can't do it
 */
export async function restoreIntoScratch(work: Work, input: Input): Promise<RestoreAttempt> {
  const { repository, backup, keep } = input;
  const { value, warnings } = await whileReading(work, repository, backup, keep, () => restore(work, input));
  return { ...value, warnings: [...value.warnings, ...warnings] };
}

async function restore(work: Work, input: Input): Promise<RestoreAttempt> {
  return withRepository(input.repository, work.signal, async (store) => {
    const { manifest, signedBy } = await readManifest(store, input.backup, input.signers, work.signal);
    const decryption = await prepareDecryption(keyNamed(manifest.key, input.keys), work);
    try {
      const scratch = await driverFor(manifest.kind).openScratch(manifest, work);
      try {
        const attempt = await restoreAndCompare(work, input, store, manifest, decryption, scratch);
        await keepForPeople(work, input, attempt, scratch.connect);
        return { ...attempt, signedBy };
      } finally {
        await scratch.destroy();
      }
    } finally {
      await decryption.close();
    }
  });
}

/**
 * The key that a manifest names.
 *
 * @throws HoldfastError `bad-key` when the policy no longer has it
 */
export function keyNamed(name: string, keys: ResolvedKey[]): ResolvedKey {
  const key = keys.find((each) => each.name === name);
  if (key !== undefined) return key;
  throw new HoldfastError(
    'bad-key',
    `The backup is encrypted with the key ${name}, which the policy no longer has.`,
    {
      hint: `Put keys.${name} back into the policy, with a place that opens it.`,
    },
  );
}

async function restoreAndCompare(
  work: Work,
  input: Input,
  store: Store,
  manifest: Manifest,
  decryption: Decryption,
  scratch: ScratchPlace,
): Promise<Omit<RestoreAttempt, 'signedBy'>> {
  const started = Date.now();
  let bytes = 0;
  const open = async (file: ManifestFile): Promise<Plaintext> => ({
    undo: undoStages(file, decryption),
    stored: verifiedStream(store, keyOf(manifest, file.name), file, {
      signal: work.signal,
      onBytes: (more) => {
        bytes += more;
        const elapsed = (Date.now() - started) / 1000;
        work.report({
          phase: `restoring from ${input.repository.name}`,
          bytes,
          bytesPerSecond: bytes / Math.max(elapsed, 0.001),
          elapsed,
        });
      },
    }),
  });
  const facts = await scratch.restore({ manifest, open });
  const compared = await compare(work, store, manifest, scratch);
  return {
    repository: input.repository.name,
    seconds: facts.seconds,
    bytes,
    tables: manifest.fingerprint?.tables ?? null,
    rows: manifest.fingerprint?.rows ?? null,
    differences: compared?.differences ?? null,
    warnings: [...facts.warnings, ...(compared?.warnings ?? [])],
  };
}

async function compare(
  work: Work,
  store: Store,
  manifest: Manifest,
  scratch: ScratchPlace,
): Promise<Comparison | null> {
  const file = manifest.files.find(({ role }) => role === 'fingerprint');
  if (file === undefined) return null;
  work.report({ phase: 'comparing with the fingerprint', bytes: file.bytes, bytesPerSecond: 0, elapsed: 0 });
  const parts: Uint8Array[] = [];
  for await (const part of verifiedStream(store, keyOf(manifest, file.name), file, { signal: work.signal }))
    parts.push(part);
  return scratch.compare(Buffer.concat(parts).toString('utf8'));
}

/** Leaves the scratch place to people until the time is over, or until the workflow releases it by cancelling. */
async function keepForPeople(
  work: Work,
  input: Input,
  attempt: { bytes: number; seconds: number },
  connect: string,
): Promise<void> {
  if (input.keep === 0) return;
  const progress: RestoreProgress = {
    phase: `kept for ${input.keep} s`,
    repository: input.repository.name,
    bytes: attempt.bytes,
    bytesPerSecond: 0,
    elapsed: attempt.seconds,
    connect,
  };
  work.report(progress);
  work.log('info', `Restored ${formatBytes(attempt.bytes)} into a scratch place: ${connect}`);
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, input.keep * 1000);
    work.signal.addEventListener('abort', end, { once: true });
  });
}
