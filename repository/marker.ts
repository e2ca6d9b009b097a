import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';
import { parseKey, repositoryMarkerKey } from './layout.ts';
import type { Store } from './store.ts';

const markerSchema = z.object({
  format: z.literal('holdfast-repository/1'),
  name: z.string(),
  organization: z.string(),
  createdAt: z.iso.datetime(),
});

/** What makes a directory or a bucket a repository. */
export type RepositoryMarker = z.infer<typeof markerSchema>;

/**
 * Checks that a store is the repository that it is taken for: an unmounted disk, or another one mounted in its
 * place, has not its marker.
 *
 * @throws HoldfastError `not-a-repository`, and what the store throws
 */
export async function openRepository(store: Store, signal?: AbortSignal): Promise<RepositoryMarker> {
  const marker = await readMarker(store, signal);
  if (marker === null) {
    // A bucket that is gone answers like an object that is not there; a listing tells them apart.
    await store.listFolders('', signal);
    throw new HoldfastError('not-a-repository', `Repository ${store.name} is reachable but has no marker.`, {
      hint: 'Is the right disk mounted, and the bucket and prefix right? `holdfast apply` marks a new repository.',
    });
  }
  if (marker.name !== store.name)
    throw new HoldfastError(
      'not-a-repository',
      `Repository ${store.name} is marked as repository ${marker.name}.`,
      { hint: 'Look for swapped disks, paths or buckets; Holdfast never writes into another repository.' },
    );
  return marker;
}

/**
 * Makes a repository of an empty place, or of one with nothing in it but backups. What is marked already stays so.
 *
 * @throws HoldfastError `not-a-repository` when other things are there, or it is marked as another's, and what the
 *   store throws
 */
export async function markRepository(
  store: Store,
  owner: { organization: string },
  signal?: AbortSignal,
): Promise<'created' | 'exists'> {
  const existing = await readMarker(store, signal);
  if (existing === null) {
    await requireNoStrangers(store, signal);
    const marker: RepositoryMarker = {
      format: 'holdfast-repository/1',
      name: store.name,
      organization: owner.organization,
      createdAt: new Date().toISOString(),
    };
    const body = Buffer.from(`${JSON.stringify(marker, null, 2)}\n`);
    if ((await store.putIfAbsent(repositoryMarkerKey, body, signal)) === 'created') return 'created';
  }
  const marker = await openRepository(store, signal);
  if (marker.organization !== owner.organization)
    throw new HoldfastError(
      'not-a-repository',
      `Repository ${store.name} belongs to the organization ${marker.organization}.`,
      { hint: 'Give each organization a path, bucket or prefix of its own.' },
    );
  return 'exists';
}

async function requireNoStrangers(store: Store, signal?: AbortSignal): Promise<void> {
  for await (const key of store.listKeys('', signal)) {
    if (key.startsWith('_') || parseKey(key) !== null) continue;
    throw new HoldfastError(
      'not-a-repository',
      `Repository ${store.name} can't be marked: it holds other things, such as ${key}.`,
      { hint: 'Give Holdfast a directory, bucket or prefix of its own.' },
    );
  }
}

/**
 * Which repository a place is marked as; null when it is none.
 *
 * @throws HoldfastError `not-a-repository` when the marker can't be read, and what the store throws
 */
export async function readMarker(store: Store, signal?: AbortSignal): Promise<RepositoryMarker | null> {
  const body = await store.get(repositoryMarkerKey, signal);
  if (body === null) return null;
  const parsed = markerSchema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  throw new HoldfastError(
    'not-a-repository',
    `The marker of repository ${store.name} (${repositoryMarkerKey}) can't be read.`,
    { hint: 'A newer Holdfast may have written it, or it was damaged.' },
  );
}

/** The value of a JSON text; undefined when it is none. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
