import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { HoldfastError } from '../policy/errors.ts';
import type { FilesystemRepository } from '../policy/resolved.ts';
import { evidenceFolder, openRepository, openStore } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import { named } from './backups.ts';
import type { Context } from './context.ts';

/** Where reports are read from here, without asking Temporal or a worker. */
export type EvidencePlace = {
  store: Store;
  /** What the names of reports start with there. */
  prefix: string;
  /** For people. */
  what: string;
};

/** What people name such a place by. */
export type PlaceAsked = { path?: string | undefined; repository?: string | undefined };

/**
 * Opens a directory with reports (one of a repository, of `evidence export`, or of a report's `--out`), or a repository of
 * the policy that this machine reaches; closes it afterwards.
 *
 * @throws HoldfastError `bad-usage` when it is not clear what is meant, `not-found`, and what the store throws
 */
export async function atPlace<T>(
  context: Context,
  asked: PlaceAsked,
  work: (place: EvidencePlace) => Promise<T>,
): Promise<T> {
  const place = await openPlace(context, asked);
  try {
    return await work(place);
  } finally {
    place.store.close();
  }
}

async function openPlace(context: Context, { path, repository }: PlaceAsked): Promise<EvidencePlace> {
  if ((path === undefined) === (repository === undefined))
    throw new HoldfastError('bad-usage', 'It is not said which reports are meant.', {
      hint: 'Name a directory, or one of the policy with --repository NAME.',
    });
  if (path !== undefined) return openDirectory(path);
  const { policy } = await context.loadPolicy();
  const store = await openStore(named(policy.repositories, repository ?? '', 'repository'));
  await openRepository(store, context.io.signal);
  return { store, prefix: evidenceFolder, what: `repository ${store.name}` };
}

async function openDirectory(written: string): Promise<EvidencePlace> {
  const path = resolve(written);
  if (!(await isDirectory(path)))
    throw new HoldfastError('not-found', `${written} is no directory.`, {
      hint: 'Name the directory of a repository, or one with exported reports.',
    });
  const prefix = (await holdsReports(path)) ? evidenceFolder : '';
  return { store: await openStore(directory(path)), prefix, what: written };
}

/** A repository's own directory has nothing but backups beside the reports: it is never read as a heap of reports. */
async function holdsReports(path: string): Promise<boolean> {
  if (await isDirectory(join(path, evidenceFolder))) return true;
  return stat(join(path, '_holdfast.json')).then(
    () => true,
    () => false,
  );
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

/** A directory as a store that nothing is written to. */
function directory(path: string): FilesystemRepository {
  return {
    kind: 'filesystem',
    name: basename(path),
    path,
    keepFree: 0,
    medium: 'disk',
    ...{ zone: 'here', region: 'here', site: 'here' },
  };
}
