import { join } from 'node:path';
import { run } from '../../../process/index.ts';
import type { RetentionFact } from '../facts.ts';

const child = join(import.meta.dirname, 'retention-child.js');

/** Decides on so many backups in a fresh process, so often; what it took from the packed survey to the hash. */
export async function measureRetention(
  backups: number,
  runs: number,
  signal?: AbortSignal,
): Promise<RetentionFact> {
  const fact: RetentionFact = { backups, seconds: [], peakBytes: [], packedBytes: 0 };
  for (let count = 1; count <= runs; count += 1) {
    const spec = { command: process.execPath, args: [child, String(backups)] };
    const { stdout } = await run(spec, signal === undefined ? {} : { signal });
    const { seconds, peakBytes, packedBytes }: { seconds: number; peakBytes: number; packedBytes: number } =
      JSON.parse(stdout);
    fact.seconds.push(seconds);
    fact.peakBytes.push(peakBytes);
    fact.packedBytes = packedBytes;
  }
  return fact;
}
