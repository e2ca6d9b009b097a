import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { StoredVersion } from '../store.ts';
import { compareKeys } from './keys.ts';
import { S3Error } from './s3-errors.ts';
import { brokenListing, listObjects } from './s3-list.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/**
 * Every version and delete marker below a prefix, in the order of keys, those of one key as the service orders them
 * (newest first). Gathered whole before anything is given, like a listing of objects. A service that does not know of
 * versions at all lists its objects instead.
 */
export async function listVersions(
  session: S3Session,
  prefix: string,
  options: CallOptions,
): Promise<StoredVersion[]> {
  // By name: versitygw begins a page with the last one of the page before.
  const found = new Map<string, StoredVersion>();
  const take = (version: StoredVersion) => found.set(`${version.versionId} ${version.key}`, version);
  try {
    for await (const page of pages(session, prefix, options)) {
      for (const version of page.Versions ?? []) take(understand(session, version, 'object'));
      for (const marker of page.DeleteMarkers ?? []) take(understand(session, marker, 'delete-marker'));
    }
  } catch (error) {
    if (error instanceof S3Error && isUnknownThere(error)) return withoutVersions(session, prefix, options);
    throw error;
  }
  return [...found.values()].sort((left, right) => compareKeys(left.key, right.key));
}

/** Whether a refusal says that the service has no such request at all. */
export function isUnknownThere({ service, status }: S3Error): boolean {
  return status === 501 || service === 'NotImplemented';
}

async function* pages(
  session: S3Session,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<ListObjectVersionsCommandOutput> {
  const wholePrefix = session.repository.prefix === '' ? prefix : `${session.repository.prefix}/${prefix}`;
  const seen = new Set<string>();
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  do {
    const input = {
      Bucket: session.repository.bucket,
      ...(wholePrefix === '' ? {} : { Prefix: wholePrefix }),
      ...next,
    };
    const page: ListObjectVersionsCommandOutput = await session.call(
      `listing versions of ${prefix === '' ? 'the bucket' : prefix}`,
      (client, sending) => client.send(new ListObjectVersionsCommand(input), sending),
      options,
    );
    if (page.IsTruncated === undefined) throw brokenListing(session, 'it does not say whether it is whole');
    yield page;
    next = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
    const place = `${page.NextVersionIdMarker} ${page.NextKeyMarker}`;
    if (next !== undefined && (next.KeyMarker === undefined || seen.has(place)))
      throw brokenListing(session, 'a page is followed by no new one though it says so');
    seen.add(place);
  } while (next !== undefined);
}

function understand(
  session: S3Session,
  entry: {
    Key?: string | undefined;
    VersionId?: string | undefined;
    IsLatest?: boolean | undefined;
    Size?: number | undefined;
  },
  kind: StoredVersion['kind'],
): StoredVersion {
  const { Key, VersionId, IsLatest, Size } = entry;
  if (
    Key === undefined ||
    VersionId === undefined ||
    IsLatest === undefined ||
    (kind === 'object' && Size === undefined)
  )
    throw brokenListing(session, 'a version lacks its key, id or size, or whether it is the newest');
  return {
    key: session.nameOf(Key),
    versionId: VersionId === 'null' ? null : VersionId,
    kind,
    latest: IsLatest,
    bytes: Size ?? 0,
  };
}

async function withoutVersions(
  session: S3Session,
  prefix: string,
  options: CallOptions,
): Promise<StoredVersion[]> {
  const objects = await listObjects(session, prefix, options);
  return objects.map(({ key, bytes }) => ({ key, versionId: null, kind: 'object', latest: true, bytes }));
}
