import { formatBytes } from '../policy/units.ts';
import type { RestoreHow } from '../sources/source.ts';
import type { RestoreAttempt, RestoreProgress } from '../workflows/contract-restore.ts';
import { placeOn } from './on-server.ts';
import { whileReading } from './reading-marker.ts';
import { type Opened, type Restored, withScratch } from './restored.ts';
import { toldDifferences } from './told-differences.ts';
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
  const body = async (opened: Opened) => {
    const restored = await opened.restore(howOf(input));
    const attempt = await compare(input.repository.name, restored);
    await keepForPeople(work, input, attempt, restored.scratch.connect);
    return attempt;
  };
  return withScratch(work, input, body, placeOn(input.server, input.keep));
}

/** What of the backup, and how, as the request says it. */
function howOf({ scope, globals, jobs }: Input): RestoreHow {
  return {
    ...scope,
    ...(globals === undefined ? {} : { globals }),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

async function compare(repository: string, restored: Restored): Promise<RestoreAttempt> {
  const { manifest, signedBy, facts, bytes, scratch } = restored;
  const fingerprint = await restored.fingerprint();
  const compared = fingerprint === null ? null : await scratch.compare(fingerprint);
  return {
    repository,
    signedBy,
    seconds: facts.seconds,
    bytes,
    tables: compared?.tables ?? manifest.fingerprint?.tables ?? null,
    rows: compared?.rows ?? manifest.fingerprint?.rows ?? null,
    ...(compared === null ? { differences: null } : toldDifferences(compared.differences)),
    warnings: [...facts.warnings, ...(compared?.warnings ?? [])],
    ...(facts.leftOut === undefined ? {} : { leftOut: facts.leftOut }),
  };
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
