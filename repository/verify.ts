import { HoldfastError } from '../policy/errors.ts';
import { keyOf } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { type Progress, startMeter } from './meter.ts';
import { verifiedStream } from './reading.ts';
import type { Store } from './store.ts';

/**
 * Reads every file of a copy back and compares its size and SHA-256 with the manifest.
 *
 * @returns how much was read, all of it right
 * @throws HoldfastError `corrupt-copy` that names every file that is missing or differs, and what the store throws
 */
export async function verifyFiles(
  store: Store,
  manifest: Manifest,
  options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<{ files: number; bytes: number }> {
  const faults: HoldfastError[] = [];
  let bytes = 0;
  const meter = startMeter(
    () => bytes,
    (progress) => options.onProgress?.(progress),
  );
  try {
    for (const file of manifest.files) {
      const read = { ...options, onBytes: (more: number) => (bytes += more) };
      try {
        for await (const _ of verifiedStream(store, keyOf(manifest, file.name), file, read));
      } catch (error) {
        if (!(error instanceof HoldfastError) || error.code !== 'corrupt-copy') throw error;
        faults.push(error);
      }
    }
  } finally {
    meter.stop();
  }
  const [first] = faults;
  if (first === undefined) return { files: manifest.files.length, bytes };
  throw new HoldfastError('corrupt-copy', faults.map((fault) => fault.message).join(' '), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}
