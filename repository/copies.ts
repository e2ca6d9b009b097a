import { createHash } from 'node:crypto';
import { HoldfastError, isPermanent } from '../policy/errors.ts';
import { type CommandSpec, type StageExit, startPipeline } from '../process/index.ts';
import { rawBytesOf } from './compression.ts';
import { type CopyTarget, Lane } from './lane.ts';
import { type Progress, startMeter } from './meter.ts';
import type { UploadReceipt } from './store.ts';

export type CopiesProgress = Progress & {
  /** Bytes that each copy's store has taken, and whether the copy was dropped. */
  copies: { name: string; bytes: number; dropped: boolean }[];
};

export type CopyOutcome =
  | { name: string; outcome: 'stored'; receipt: UploadReceipt }
  | { name: string; outcome: 'failed'; error: HoldfastError };

export type WrittenFile = {
  /** Of the stored bytes. */
  sha256: string;
  bytes: number;
  /** Bytes before compression, where the compressor told. */
  rawBytes: number | null;
  stages: StageExit[];
  /** In the order of the targets; at least one is stored. */
  outcomes: CopyOutcome[];
  seconds: number;
};

export type WriteCopiesInput = {
  /** Processes whose last one's stdout is stored: the source's, compression, encryption. */
  stages: CommandSpec[];
  targets: CopyTarget[];
  /** A copy that accepts no byte for so long is dropped. */
  stallSeconds: number;
  signal: AbortSignal;
  /** A guess at the size, for stores that cut uploads into parts. */
  expectedBytes?: number;
  /** Called twice a second. */
  onProgress?: (progress: CopiesProgress) => void;
};

/**
 * Runs a pipeline and writes what it gives to all targets at once, in one pass and bounded memory (law 3). A copy
 * that fails or stalls is dropped alone. No file becomes visible anywhere before every process has exited with
 * status 0 (laws 1 and 2); when the pipeline fails, everything is taken back.
 *
 * @throws HoldfastError the pipeline's failure; a copy's when all were dropped; `interrupted` on the signal
 */
export async function writeCopies(input: WriteCopiesInput): Promise<WrittenFile> {
  const started = performance.now();
  let stopPipeline = () => {};
  const lanes: Lane[] = input.targets.map(
    (target) =>
      new Lane(target, {
        stallSeconds: input.stallSeconds,
        signal: input.signal,
        ...(input.expectedBytes === undefined ? {} : { expectedBytes: input.expectedBytes }),
        onDrop: () => {
          if (!lanes.some(lives)) stopPipeline();
        },
      }),
  );
  const count = { bytes: 0 };
  const meter = startMeter(
    () => count.bytes,
    (progress) => input.onProgress?.({ ...progress, copies: lanes.map(progressOf) }),
  );
  try {
    await Promise.all(lanes.map((lane) => lane.open()));
    requireOne(lanes);
    const pipeline = startPipeline(input.stages, { signal: input.signal });
    stopPipeline = pipeline.kill;
    const sha256 = await distribute(pipeline.stdout, lanes, count).catch(async (error: unknown) => {
      pipeline.kill();
      await pipeline.done;
      throw error;
    });
    const stages = await pipeline.done;
    await Promise.all(lanes.map((lane) => lane.drained()));
    const outcomes = await finishAll(lanes);
    if (input.signal.aborted) throw new HoldfastError('interrupted', 'Writing the copies was stopped.');
    const seconds = (performance.now() - started) / 1000;
    return { sha256, bytes: count.bytes, rawBytes: rawBytesOf(stages), stages, outcomes, seconds };
  } catch (error) {
    // When every copy was dropped, that is why the pipeline was killed.
    const reason = lanes.some(lives) ? error : (reasonOfAll(lanes) ?? error);
    for (const lane of lanes) lane.drop(reason);
    throw reason;
  } finally {
    meter.stop();
    await Promise.all(lanes.map((lane) => lane.cleared()));
  }
}

/** Gives every chunk to every living lane and waits while one of them is full; the SHA-256 of all bytes. */
async function distribute(
  stdout: AsyncIterable<Buffer>,
  lanes: Lane[],
  count: { bytes: number },
): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stdout) {
    hash.update(chunk);
    for (const lane of lanes) lane.push(chunk);
    count.bytes += chunk.length;
    await Promise.all(lanes.map((lane) => lane.room()));
    requireOne(lanes);
  }
  return hash.digest('hex');
}

async function finishAll(lanes: Lane[]): Promise<CopyOutcome[]> {
  const receipts = await Promise.all(lanes.map((lane) => lane.finish()));
  requireOne(lanes);
  return lanes.map((lane, index) => {
    const { name } = lane.target;
    const receipt = receipts[index];
    if (receipt) return { name, outcome: 'stored', receipt };
    if (lane.error === undefined) throw new Error(`copy ${name} was neither stored nor dropped`);
    return { name, outcome: 'failed', error: lane.error };
  });
}

const lives = (lane: Lane): boolean => lane.error === undefined;

function progressOf(lane: Lane): CopiesProgress['copies'][number] {
  return { name: lane.target.name, bytes: lane.accepted, dropped: !lives(lane) };
}

function requireOne(lanes: Lane[]): void {
  if (!lanes.some(lives)) throw reasonOfAll(lanes) ?? new Error('a stream needs at least one copy');
}

/** Of the reasons for which all copies were dropped, one that another attempt may mend, else the first. */
function reasonOfAll(lanes: Lane[]): HoldfastError | undefined {
  const errors = lanes.flatMap((lane) => lane.error ?? []);
  return errors.find((error) => !isPermanent(error.code)) ?? errors[0];
}
