import type { Work } from '../../activities/work.ts';
import { readSecret } from '../../process/index.ts';

/** The work of an activity that runs outside of Temporal, in a directory. */
export function workAt(directory: string, signal = new AbortController().signal): Work {
  return {
    zone: 'fra',
    directory,
    signal,
    secret: (ref) => readSecret(ref, signal),
    log: () => undefined,
    report: () => undefined,
  };
}
