import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedRepository } from '../policy/resolved.ts';
import {
  type BackupName,
  keyOf,
  type Marker,
  markerName,
  openStore,
  readManifest,
} from '../repository/index.ts';
import { manifestName, signatureName } from '../repository/layout.ts';
import type { Store } from '../repository/store.ts';
import type { ThawInput, ThawState } from '../workflows/contract-thaw.ts';
import { withoutLock, withRepository } from './repositories.ts';
import type { Work } from './work.ts';

type File = { name: string; bytes: number };

/**
 * How much of a copy lies in an archive, and asks for it where that is wanted: for all files that its manifest names at
 * once, so that they come back together. To ask again for what is under way changes nothing.
 *
 * @throws HoldfastError `access-denied` when the credentials may not ask, `untrusted-signature`, and what the store throws
 */
export async function thawCopy(
  work: Work,
  { repository, backup, signers, ask }: ThawInput,
): Promise<ThawState> {
  const days = ask?.days ?? null;
  return withRepository(repository, work.signal, async (store) => {
    const files: File[] = [manifestName, signatureName].map((name) => ({ name, bytes: 0 }));
    const asleep = await asleepOf(store, backup, files, days, work.signal);
    if (asleep.length === 0) {
      // What it names is only known once it can be read itself.
      const { manifest } = await readManifest(store, backup, signers, work.signal);
      files.push(...manifest.files);
      asleep.push(...(await asleepOf(store, backup, manifest.files, days, work.signal)));
    }
    if (ask !== null && asleep.length > 0)
      await mark(repository, backup, { kind: 'reading', ...ask.reading }, work.signal);
    const bytes = asleep.reduce((sum, file) => sum + file.bytes, 0);
    return { files: files.length, asleep: asleep.length, bytes };
  });
}

/** Those of the files that can't be read now; with `days`, each of them is asked for. */
async function asleepOf(
  store: Store,
  backup: BackupName,
  files: readonly File[],
  days: number | null,
  signal: AbortSignal,
): Promise<File[]> {
  const asleep: File[] = [];
  for (const file of files) {
    const key = keyOf(backup, file.name);
    const readable =
      days === null
        ? await store.isReadable(key, signal)
        : (await store.thaw(key, days, signal)) === 'readable';
    if (!readable) asleep.push(file);
  }
  return asleep;
}

/** Says beside the copy that it is waited for, so that it does not expire meanwhile; where it may not, it is waited for all the same. */
async function mark(
  repository: ResolvedRepository,
  backup: BackupName,
  marker: Marker,
  signal: AbortSignal,
): Promise<void> {
  const store = await openStore(withoutLock(repository));
  try {
    await store.putIfAbsent(keyOf(backup, markerName(marker)), Buffer.from('{}\n'), signal);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'access-denied') throw error;
  } finally {
    store.close();
  }
}
