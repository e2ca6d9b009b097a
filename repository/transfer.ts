import { HoldfastError } from '../policy/errors.ts';
import { Lane } from './lane.ts';
import { type Progress, startMeter } from './meter.ts';
import { type Expected, verifiedStream } from './reading.ts';
import type { Store, UploadReceipt } from './store.ts';

export type CopyFileInput = Expected & {
  from: Store;
  to: Store;
  key: string;
  /** Where it goes, when not to the same key. */
  newKey?: string;
  /** A target that accepts no byte for so long fails the transfer; two minutes when absent. */
  stallSeconds?: number;
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
};

const defaultStallSeconds = 120;

/**
 * Copies a file from a good copy into another repository, hashing it on the way. A source that is not what its
 * manifest says is never finished in the target. A file that the target has already is read and compared instead:
 * an earlier attempt may have ended after all.
 *
 * @throws HoldfastError `corrupt-copy` when source or target hold other bytes than expected, `stalled`, `interrupted`,
 *   and what the stores throw
 */
export async function copyFile(
  input: CopyFileInput,
): Promise<{ outcome: 'copied'; receipt: UploadReceipt } | { outcome: 'present' }> {
  const target = { name: input.to.name, store: input.to, key: input.newKey ?? input.key };
  let bytes = 0;
  const meter = startMeter(
    () => bytes,
    (progress) => input.onProgress?.(progress),
  );
  const options = { signal: input.signal, onBytes: (more: number) => (bytes += more) };
  try {
    if ((await input.to.head(target.key, input.signal)) !== null) {
      for await (const _ of verifiedStream(input.to, target.key, input, options));
      return { outcome: 'present' };
    }
    const lane = new Lane(target, {
      stallSeconds: input.stallSeconds ?? defaultStallSeconds,
      signal: input.signal,
      onDrop: () => undefined,
      expectedBytes: input.bytes,
    });
    try {
      await lane.open();
      for await (const chunk of verifiedStream(input.from, input.key, input, options)) {
        lane.push(chunk);
        await lane.room();
        if (lane.error !== undefined) throw lane.error;
      }
      await lane.drained();
      const receipt = await lane.finish();
      if (receipt !== null) return { outcome: 'copied', receipt };
      throw lane.error ?? new HoldfastError('interrupted', `Writing to ${target.name} was stopped.`);
    } catch (error) {
      lane.drop(error);
      throw error;
    } finally {
      await lane.cleared();
    }
  } finally {
    meter.stop();
  }
}
