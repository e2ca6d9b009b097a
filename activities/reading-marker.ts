import { randomBytes } from 'node:crypto';
import type { ResolvedRepository } from '../policy/resolved.ts';
import { type BackupName, keyOf, type Marker, markerName, openStore } from '../repository/index.ts';
import { reasonOf } from './reason.ts';
import { withoutLock } from './repositories.ts';
import type { Work } from './work.ts';

/** Seconds after which a reading whose end was never told is over. */
const longest = 86_400;

/**
 * Says beside a copy that it is being read, so that it neither expires nor is deleted meanwhile, and afterwards that it
 * was. Where nothing may be written the reading goes on without: a restore is never refused for that.
 *
 * @param seconds how long it may take beyond a day
 * @returns what the body returned, and a warning where the copy could not be marked
 */
export async function whileReading<T>(
  work: Work,
  repository: ResolvedRepository,
  backup: BackupName,
  seconds: number,
  body: () => Promise<T>,
): Promise<{ value: T; warnings: string[] }> {
  const id = randomBytes(4).toString('hex');
  const until = new Date(Date.now() + (longest + seconds) * 1000).toISOString();
  const fault = await put(repository, backup, { kind: 'reading', until, id }, work.signal);
  try {
    const value = await body();
    const warning = `${repository.name} does not know that its copy is being read, so that it may expire meanwhile: ${fault}`;
    return { value, warnings: fault === null ? [] : [warning] };
  } finally {
    // Also after a cancellation, which must not keep the copy for a day.
    if (fault === null) await put(repository, backup, { kind: 'read', id }, AbortSignal.timeout(10_000));
  }
}

/** Why the marker could not be put, or null. */
async function put(
  repository: ResolvedRepository,
  backup: BackupName,
  marker: Marker,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const store = await openStore(withoutLock(repository));
    try {
      await store.putIfAbsent(keyOf(backup, markerName(marker)), Buffer.from('{}\n'), signal);
      return null;
    } finally {
      store.close();
    }
  } catch (error) {
    return reasonOf(error).sentence;
  }
}
