import { HoldfastError } from '../../policy/errors.ts';

/** One rule for every kind of store, that of the strictest, so that any copy fits into any repository. */
const longestSegment = 255;
const longestKey = 900;

/** Names of files that a filesystem store is still writing. */
export const partPrefix = '.part-';

/**
 * Refuses a key that some store would read as another place: `..`, an absolute path, an empty segment, a control
 * character, a backslash, or one longer than filesystems (255 bytes a segment) and S3 (1,024 bytes with the
 * repository's prefix) take.
 *
 * @throws HoldfastError `bad-usage`
 */
export function checkKey(key: string): void {
  const reason = faultOfKey(key);
  if (reason !== null)
    throw new HoldfastError('bad-usage', `${JSON.stringify(key)} can't be the key of an object: ${reason}.`, {
      hint: 'Keys are segments of plain names with one slash between them.',
    });
}

/**
 * As `checkKey`, for the beginning of keys: it may be empty, and may end in a slash or in the midst of a segment.
 *
 * @throws HoldfastError `bad-usage`
 */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/**
 * As `checkPrefix`, for a folder: empty, or ends in a slash.
 *
 * @throws HoldfastError `bad-usage`
 */
export function checkFolder(prefix: string): void {
  checkPrefix(prefix);
  if (prefix !== '' && !prefix.endsWith('/'))
    throw new HoldfastError(
      'bad-usage',
      `${JSON.stringify(prefix)} is not a folder: it must end in a slash.`,
    );
}

function faultOfKey(key: string): string | null {
  if (key === '') return 'it is empty';
  if (Buffer.byteLength(key) > longestKey) return `it is longer than ${longestKey} bytes`;
  if (/[\p{Cc}\\]/u.test(key)) return 'it holds a control character or a backslash';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return 'it has a relative segment';
    if (segment.startsWith(partPrefix)) return `${partPrefix} is for unfinished files`;
    if (Buffer.byteLength(segment) > longestSegment)
      return `a segment is longer than ${longestSegment} bytes`;
  }
  return null;
}

/** Compares keys as S3 orders them: by their UTF-8 bytes. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  let at = 0;
  while (at < left.length && left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
  // Up to there UTF-16 has the same order as UTF-8.
  if (a >= 0xd800 || b >= 0xd800) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return a < b || Number.isNaN(a) ? -1 : 1;
}
