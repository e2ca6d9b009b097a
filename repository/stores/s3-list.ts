import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { HoldfastError } from '../../policy/errors.ts';
import type { StoredObject } from '../store.ts';
import { compareKeys } from './keys.ts';
import { type ListedObject, takeContents } from './s3-contents.ts';
import { S3Error } from './s3-errors.ts';
import type { CallOptions, S3Session } from './s3-session.ts';

/**
 * Every object below a prefix, in the order of keys. The whole listing is gathered first (some 200 bytes an object):
 * one that fails midway gives nothing to decide from (law 4), and stores that are made of directories, such as
 * SeaweedFS, list `shop/…` before `shop-2/…`, which is not the order of keys.
 */
export async function listObjects(
  session: S3Session,
  prefix: string,
  options: CallOptions,
): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const page of pages(session, prefix, undefined, options)) {
    for (const object of page.taken) {
      object.key = session.nameOf(object.key);
      found.push(object);
    }
    for (const { Key, Size, LastModified, StorageClass } of page.Contents ?? []) {
      if (Key === undefined || Size === undefined || LastModified === undefined)
        throw brokenListing(session, 'an entry lacks its key, size or time');
      const storageClass = StorageClass === undefined ? {} : { storageClass: StorageClass };
      found.push({ key: session.nameOf(Key), bytes: Size, modifiedAt: LastModified, ...storageClass });
    }
  }
  if (firstOutOfOrder(found) === null) return found;
  found.sort((left, right) => compareKeys(left.key, right.key));
  const twice = firstOutOfOrder(found);
  if (twice !== null) throw brokenListing(session, `${twice} is in it twice`);
  return found;
}

/** The first key that does not come after the one before it; null where all do. */
function firstOutOfOrder(objects: readonly StoredObject[]): string | null {
  let before: string | null = null;
  for (const { key } of objects) {
    if (before !== null && compareKeys(before, key) >= 0) return key;
    before = key;
  }
  return null;
}

/** Names between a prefix and the next slash, in order. */
export async function listCommonPrefixes(
  session: S3Session,
  prefix: string,
  options: CallOptions,
): Promise<string[]> {
  const names = new Set<string>();
  for await (const page of pages(session, prefix, '/', options)) {
    for (const { Prefix } of page.CommonPrefixes ?? []) {
      if (Prefix === undefined) throw brokenListing(session, 'a folder lacks its name');
      names.add(session.nameOf(Prefix).slice(prefix.length, -1));
    }
  }
  return [...names].sort((left, right) => compareKeys(`${left}/`, `${right}/`));
}

async function* pages(
  session: S3Session,
  prefix: string,
  delimiter: string | undefined,
  options: CallOptions,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    const page = await takenPage(session, { prefix, delimiter, token }, options);
    // An empty page of something that is no S3 service must not look like an empty bucket (law 4).
    if (page.IsTruncated === undefined) throw brokenListing(session, 'it does not say whether it is whole');
    yield page;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
    if (page.IsTruncated && (token === undefined || seen.has(token)))
      throw brokenListing(session, 'a page is followed by no new one though it says so');
    if (token !== undefined) seen.add(token);
  } while (token !== undefined);
}

/** A page of a listing; what of its entries was taken out of it is not in `Contents`. */
type Page = ListObjectsV2CommandOutput & { taken: ListedObject[] };

type PageQuery = {
  prefix: string;
  delimiter?: string | undefined;
  token?: string | undefined;
  limit?: number | undefined;
};

/** One page of a listing, of at most `limit` entries. */
export async function listPage(
  session: S3Session,
  ask: PageQuery,
  options: CallOptions,
): Promise<ListObjectsV2CommandOutput> {
  return session.call(
    whatIs(ask),
    (client, sending) => client.send(new ListObjectsV2Command(inputOf(session, ask)), sending),
    options,
  );
}

async function takenPage(session: S3Session, ask: PageQuery, options: CallOptions): Promise<Page> {
  return session.call(
    whatIs(ask),
    async (client, sending) => {
      const command = new ListObjectsV2Command(inputOf(session, ask));
      const taken = takeContents(command);
      return { ...(await client.send(command, sending)), taken };
    },
    options,
  );
}

const whatIs = ({ prefix }: PageQuery): string => `listing ${prefix === '' ? 'the bucket' : prefix}`;

function inputOf({ repository }: S3Session, ask: PageQuery): ListObjectsV2CommandInput {
  const prefix = repository.prefix === '' ? ask.prefix : `${repository.prefix}/${ask.prefix}`;
  return {
    Bucket: repository.bucket,
    ...(prefix === '' ? {} : { Prefix: prefix }),
    ...(ask.delimiter === undefined ? {} : { Delimiter: ask.delimiter }),
    ...(ask.token === undefined ? {} : { ContinuationToken: ask.token }),
    ...(ask.limit === undefined ? {} : { MaxKeys: ask.limit }),
  };
}

/** Aborts unfinished uploads that started before an instant; counts those removed and those left. */
export async function abortUploadsBefore(
  session: S3Session,
  before: number,
  options: CallOptions,
): Promise<{ removed: number; kept: number }> {
  const counts = { removed: 0, kept: 0 };
  // Collected first: aborting while paging would move the pages.
  for (const upload of await unfinishedUploads(session, options)) {
    if (upload.initiated >= before) {
      counts.kept += 1;
      continue;
    }
    await abortUpload(session, upload, options);
    counts.removed += 1;
  }
  return counts;
}

export type UnfinishedUpload = { wholeKey: string; uploadId: string; initiated: number };

async function unfinishedUploads(session: S3Session, options: CallOptions): Promise<UnfinishedUpload[]> {
  const { bucket, prefix } = session.repository;
  const found: UnfinishedUpload[] = [];
  const seen = new Set<string>();
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const input = {
      Bucket: bucket,
      ...(prefix === '' ? {} : { Prefix: `${prefix}/` }),
      ...(page?.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page?.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
    };
    page = await session.call(
      'listing unfinished uploads',
      (client, sending) => client.send(new ListMultipartUploadsCommand(input), sending),
      options,
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined)
        found.push({ wholeKey: Key, uploadId: UploadId, initiated: Initiated?.getTime() ?? Date.now() });
    }
    const marker = `${page.NextKeyMarker} ${page.NextUploadIdMarker}`;
    if (page.IsTruncated && seen.has(marker)) throw brokenListing(session, 'a page came twice');
    seen.add(marker);
  } while (page.IsTruncated);
  return found;
}

/** Removes the parts of an unfinished upload. One that has gone already is no failure. */
export async function abortUpload(
  session: S3Session,
  upload: { wholeKey: string; uploadId: string },
  options: CallOptions,
): Promise<void> {
  const input = { Bucket: session.repository.bucket, Key: upload.wholeKey, UploadId: upload.uploadId };
  try {
    await session.call(
      'removing an unfinished upload',
      (client, sending) => client.send(new AbortMultipartUploadCommand(input), sending),
      options,
    );
  } catch (error) {
    if (!(error instanceof S3Error) || error.status !== 404) throw error;
  }
}

export function brokenListing(session: S3Session, why: string): HoldfastError {
  return new HoldfastError(
    'service-unavailable',
    `Repository ${session.repository.name}: the service's listing makes no sense: ${why}.`,
    { hint: 'The listing does not count; nothing is decided from it.' },
  );
}
