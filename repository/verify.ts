import { HoldfastError } from '../policy/errors.ts';
import { keyOf } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { type Progress, startMeter } from './meter.ts';
import { corruptCopy, type Expected, verifiedStream } from './reading.ts';
import type { Store } from './store.ts';

/**
 * Reads every file of a copy back and compares its size and SHA-256 with the manifest, and its bytes with the service's
 * own checksum where there is one.
 *
 * @returns how much was read, all of it right, and for how many files the service's checksum said the same
 * @throws HoldfastError `corrupt-copy` that names every file that is missing or differs, and what the store throws
 */
export async function verifyFiles(
  store: Store,
  manifest: Manifest,
  options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<{ files: number; bytes: number; serviceChecksums: number }> {
  const faults: HoldfastError[] = [];
  let bytes = 0;
  let serviceChecksums = 0;
  const meter = startMeter(
    () => bytes,
    (progress) => options.onProgress?.(progress),
  );
  try {
    for (const file of manifest.files) {
      const read = { ...options, onBytes: (more: number) => (bytes += more) };
      try {
        if (await verifyFile(store, keyOf(manifest, file.name), file, read)) serviceChecksums += 1;
      } catch (error) {
        if (!(error instanceof HoldfastError) || error.code !== 'corrupt-copy') throw error;
        faults.push(error);
      }
    }
  } finally {
    meter.stop();
  }
  const [first] = faults;
  if (first === undefined) return { files: manifest.files.length, bytes, serviceChecksums };
  throw new HoldfastError('corrupt-copy', faults.map((fault) => fault.message).join(' '), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}

/** Whether the service's checksum was compared as well; throws when it is another. */
export async function verifyFile(
  store: Store,
  key: string,
  expected: Expected,
  options: Parameters<typeof verifiedStream>[3],
): Promise<boolean> {
  const checksum = await store.checksumOf(key, options?.signal);
  for await (const chunk of verifiedStream(store, key, expected, options)) checksum?.update(chunk);
  const comparison = await checksum?.compare(expected.sha256);
  if (comparison?.outcome === 'differs')
    throw corruptCopy(
      store,
      key,
      `reads back right, but its service keeps the checksum ${comparison.kept} of it where ${comparison.given} is right`,
    );
  return comparison?.outcome === 'same';
}
