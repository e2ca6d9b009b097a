import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ErrorCode, HoldfastError } from '../../policy/errors.ts';
import type { FilesystemRepository, Place, ResolvedRepository, S3Repository } from '../../policy/resolved.ts';
import { openStore, readMarker } from '../../repository/index.ts';
import { repositoryMarkerKey } from '../../repository/layout.ts';
import type { Store } from '../../repository/store.ts';
import { quoted } from '../shell.ts';
import type { Environment } from './secrets.ts';

/** Where a copy of a repository is, as a person gives it. */
export type PlaceOptions = {
  from: string;
  endpoint?: string;
  region?: string;
  /** Beginning of the environment variables that hold the credentials: `AWS` for AWS_ACCESS_KEY_ID. */
  credentials: string;
  caFile?: string;
};

/** What a place is before anybody knows which repository lies there. */
export type FoundPlace =
  | Pick<FilesystemRepository, 'kind' | 'path'>
  | Pick<S3Repository, 'kind' | 'bucket' | 'prefix' | 'awsRegion' | 'endpoint' | 'credentials' | 'caFile'>;

/**
 * Reads where a copy of a repository is: a directory, or `s3://BUCKET/PREFIX`.
 *
 * @throws HoldfastError `bad-usage` when it is neither, or what is missing for a bucket
 */
export function placeOf(options: PlaceOptions, env: Environment): FoundPlace {
  const { from, credentials, caFile } = options;
  if (!/^[a-z0-9]+:\/\//i.test(from)) return { kind: 'filesystem', path: resolve(from) };
  const [, bucket, prefix = ''] = /^s3:\/\/([A-Za-z0-9._-]+)(?:\/(.*))?$/.exec(from) ?? [];
  if (bucket === undefined)
    throw new HoldfastError('bad-usage', `${from} is no place of a repository.`, {
      hint: 'Name a directory, or a bucket as s3://BUCKET or s3://BUCKET/PREFIX.',
    });
  const endpoint = options.endpoint ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  if (endpoint !== undefined && !/^https?:\/\/[^/\s]+$/.test(endpoint.replace(/\/$/, '')))
    throw new HoldfastError('bad-usage', `${endpoint} is no address of an S3 service.`, {
      hint: 'Write it like https://s3.example.org.',
    });
  for (const name of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'].map((part) => `${credentials}_${part}`))
    if (!env[name])
      throw new HoldfastError('bad-usage', `The environment variable ${name} is not set.`, {
        hint: 'Set the credentials of the bucket, or name the beginning of their variables with --credentials.',
      });
  return {
    kind: 's3',
    bucket,
    prefix: prefix.replaceAll(/^\/+|\/+$/g, ''),
    awsRegion: options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: { env: credentials },
    ...(endpoint === undefined ? {} : { endpoint: endpoint.replace(/\/$/, '') }),
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
  };
}

/** As people know it. */
export const nameOfPlace = (place: FoundPlace): string =>
  place.kind === 'filesystem' ? place.path : `s3://${[place.bucket, place.prefix].filter(Boolean).join('/')}`;

/** The options that say how its bucket is reached, also where the environment said it; empty for a directory. */
export function bucketOptions(place: FoundPlace): string {
  if (place.kind === 'filesystem') return '';
  const { endpoint, awsRegion, credentials, caFile } = place;
  const prefix = credentials !== undefined && 'env' in credentials ? credentials.env : 'AWS';
  return [
    ...(endpoint === undefined ? [] : [`--endpoint ${quoted(endpoint)}`]),
    `--region ${quoted(awsRegion)}`,
    ...(prefix === 'AWS' ? [] : [`--credentials ${quoted(prefix)}`]),
    ...(caFile === undefined ? [] : [`--ca-file ${quoted(caFile)}`]),
  ].join(' ');
}

/**
 * A repository where its copy lies. What the policy says of it in other respects stays, where it is of the same kind.
 *
 * @param at the zone whose worker uses it
 */
export function repositoryAt(
  place: FoundPlace,
  name: string,
  at: Place,
  known?: ResolvedRepository,
): ResolvedRepository {
  if (place.kind === 'filesystem') return { ...place, ...at, name, medium: 'disk', keepFree: 0 };
  return {
    medium: 'object',
    checksums: place.endpoint === undefined ? 'when-supported' : 'when-required',
    pathStyle: place.endpoint !== undefined,
    ...(known?.kind === 's3' ? habits(known) : {}),
    ...place,
    ...at,
    name,
  };
}

/** How a bucket is used, wherever it lies. */
function habits({ medium, checksums, pathStyle, storageClass, encryption, lock }: S3Repository) {
  return {
    ...{ medium, checksums, pathStyle },
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(lock === undefined ? {} : { lock }),
  };
}

/**
 * Opens the copy of a repository, whichever it is; writes nothing. Gives what is wrong in words of its place, since nobody
 * knows its name yet.
 *
 * @throws HoldfastError `not-a-repository` when none lies there, and what the store throws
 */
export async function openPlace(
  place: FoundPlace,
  signal: AbortSignal,
): Promise<{ store: Store; name: string }> {
  if (place.kind === 'filesystem') await requireNoFile(place.path);
  const nowhere = { zone: '', region: '', site: '' };
  try {
    const unknown = await openStore(repositoryAt(place, nameOfPlace(place), nowhere));
    try {
      const marker = await readMarker(unknown, signal);
      if (marker === null) throw await noRepository(place, unknown, signal);
      return { store: await openStore(repositoryAt(place, marker.name, nowhere)), name: marker.name };
    } finally {
      unknown.close();
    }
  } catch (error) {
    throw place.kind === 's3' ? inOptions(error) : error;
  }
}

/** What to do about a bucket, for somebody who has options and no policy yet. */
const hints: Partial<Record<ErrorCode, string>> = {
  'authentication-failed': 'Check the variables that --credentials names, and --region.',
  'access-denied':
    'Check the variables that --credentials names; they need the rights to list the bucket and to read in it.',
  'not-found': 'Check the name of the bucket, and --endpoint.',
  'bad-policy': 'Check --region, --endpoint and --ca-file.',
  unreachable:
    'Check --endpoint: http:// or https://, its port, DNS and the firewall; --ca-file where your own authority issued its certificate.',
};

function inOptions(error: unknown): unknown {
  if (!(error instanceof HoldfastError)) return error;
  const hint = hints[error.code];
  if (hint === undefined) return error;
  const code = error.code === 'bad-policy' ? 'bad-usage' : error.code;
  return new HoldfastError(code, error.message, { hint, cause: error });
}

/** Of what is not there at all the store tells. */
async function requireNoFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile())
    throw new HoldfastError('not-a-repository', `${path} is a file, and a repository is a directory.`, {
      hint: 'Unpack an archive of one first, and name the directory that has _holdfast.json in it.',
    });
}

async function noRepository(place: FoundPlace, store: Store, signal: AbortSignal): Promise<HoldfastError> {
  // Of a place that is not there at all the listing tells.
  const folders = await store.listFolders('', signal);
  const [inside] = await marked(store, folders, signal);
  const from = nameOfPlace(place);
  return new HoldfastError('not-a-repository', `${from} is no repository of Holdfast.`, {
    hint:
      inside === undefined
        ? 'Name the directory, or bucket and prefix, that has _holdfast.json and _policy in it. Is the disk mounted?'
        : `Did you mean ${from}/${inside}?`,
  });
}

/** Folders that are repositories themselves; one that can't be looked into is none. */
async function marked(store: Store, folders: readonly string[], signal: AbortSignal): Promise<string[]> {
  const found = await Promise.all(
    folders.slice(0, 50).map(async (folder) => {
      const marker = await store.get(`${folder}/${repositoryMarkerKey}`, signal).catch(() => null);
      return marker === null ? [] : [folder];
    }),
  );
  return found.flat();
}
