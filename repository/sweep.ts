import { HoldfastError, isPermanent } from '../policy/errors.ts';
import { backupsOf, manifestOf } from './catalogue.ts';
import { type DebrisDecision, debrisOf, type NamedFiles, needsManifest, type Reasoned } from './debris.ts';
import { directoryOf, keyOf, manifestName, parseKey } from './layout.ts';
import { removeCopy } from './removal.ts';
import type { Store } from './store.ts';

export type SweepOutcome = {
  /** Keys that were removed; with `dryRun`, that would be. */
  removed: string[];
  kept: Reasoned[];
  /** Uploads that never ended. */
  unfinished: { removed: number; kept: number };
};

/** Runs a body with a store whose credentials may remove copies. */
export type Removing = <T>(body: (store: Store) => Promise<T>) => Promise<T>;

/**
 * Removes debris and unfinished uploads, and finishes removals that have begun. A crash in between is safe: what is left
 * is still debris.
 *
 * @throws HoldfastError what the store throws; a file that is locked or may not be deleted is kept and told
 */
export async function sweep(
  store: Store,
  options: {
    graceSeconds: number;
    dryRun: boolean;
    /** For removals that have begun; else with the store itself. */
    removing?: Removing;
    signal?: AbortSignal;
    now?: Date;
  },
): Promise<SweepOutcome> {
  const { graceSeconds, dryRun, signal, now = new Date() } = options;
  const backups = backupsOf(await store.list('', signal));
  const manifests = new Map<string, NamedFiles>();
  for (const directory of backups.filter(needsManifest).map(directoryOf))
    manifests.set(directory, await readNamed(store, directory, signal));
  const { debris, kept, begun } = debrisOf(backups, manifests, now, graceSeconds);
  const outcome: SweepOutcome = { removed: [], kept, unfinished: { removed: 0, kept: 0 } };
  const committed = new Set(backups.filter((backup) => backup.committed).map(directoryOf));
  for (const { key } of debris) {
    const why = await removeOne(store, key, { dryRun, committed, signal });
    if (why === null) outcome.removed.push(key);
    else outcome.kept.push({ key, why });
  }
  for (const { backup, run } of begun) {
    const files = backups.find((found) => directoryOf(found) === directoryOf(backup))?.files ?? [];
    const why = dryRun ? null : await finishRemoval(store, { backup, run }, options);
    if (why === null) outcome.removed.push(...files.map(({ name }) => keyOf(backup, name)));
    else outcome.kept.push({ key: directoryOf(backup), why });
  }
  if (!dryRun) outcome.unfinished = await store.sweepUnfinished(graceSeconds, signal);
  return outcome;
}

/** Goes on with a removal that was cut short; why it could not be finished, or null. */
async function finishRemoval(
  store: Store,
  { backup, run }: DebrisDecision['begun'][number],
  { removing = (body) => body(store), signal }: { removing?: Removing; signal?: AbortSignal },
): Promise<string | null> {
  try {
    const done = await removing((removal) => removeCopy(removal, backup, run, signal));
    return done.outcome === 'removed' ? null : done.sentences.join(' ');
  } catch (error) {
    if (error instanceof HoldfastError && isPermanent(error.code)) return error.sentence;
    throw error;
  }
}

/**
 * What the manifest in a directory names. Its signature doesn't matter here: a manifest whose files are not all there
 * decides nothing, so that a damaged one can't unname a file.
 */
async function readNamed(
  store: Store,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<NamedFiles> {
  const bytes = await store.get(directory + manifestName, signal);
  const manifest = bytes === null ? null : manifestOf(bytes);
  if (manifest === null || directoryOf(manifest) !== directory) return null;
  return new Map(manifest.files.map((file) => [file.name, file.bytes]));
}

/** Removes a file, or only pretends; why it was kept, or null. */
async function removeOne(
  store: Store,
  key: string,
  options: { dryRun: boolean; committed: ReadonlySet<string>; signal: AbortSignal | undefined },
): Promise<string | null> {
  const name = parseKey(key);
  if (name === null) return 'It is no file of a backup.';
  const directory = directoryOf(name);
  // A commit may have come since the listing; nothing of its backup may go.
  if (!options.committed.has(directory) && (await store.head(directory + manifestName, options.signal)))
    return 'Its backup was committed meanwhile.';
  if (options.dryRun) return null;
  try {
    await store.remove(key, options.signal);
    return null;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'access-denied') return error.sentence;
    throw error;
  }
}
