import { describe, expect, it } from '@jest/globals';
import { contentsIn } from '../../../repository/stores/s3-contents.ts';

const head = '<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>';
const tail = '<NextContinuationToken>abc</NextContinuationToken></ListBucketResult>';

function entryOf(changes: Record<string, string> = {}): string {
  const parts = {
    Key: 'shop/a',
    LastModified: '2026-11-21T01:00:00.000Z',
    ETag: '&#34;92fc&#34;',
    Size: '30',
    StorageClass: 'STANDARD',
    ...changes,
  };
  const inside = Object.entries(parts).map(([tag, text]) => (text === '' ? '' : `<${tag}>${text}</${tag}>`));
  return `<Contents>${inside.join('')}</Contents>`;
}

describe('the entries of a listing', () => {
  it('are taken, and the rest is left as it was', () => {
    const second = entryOf({ Key: 'shop/b', StorageClass: '' }).replaceAll('><', '>\n  <');
    expect(contentsIn(`${head}${entryOf()}${second}${tail}`)).toEqual({
      objects: [
        { key: 'shop/a', bytes: 30, modifiedAt: new Date('2026-11-21T01:00:00Z'), storageClass: 'STANDARD' },
        { key: 'shop/b', bytes: 30, modifiedAt: new Date('2026-11-21T01:00:00Z') },
      ],
      rest: `${head}${tail}`,
    });
    expect(contentsIn(`${head}${tail}`)).toEqual({ objects: [], rest: `${head}${tail}` });
  });

  it.each([
    ['a key with an entity', entryOf({ Key: 'shop/a&amp;b' })],
    ['no key', entryOf({ Key: '' })],
    ['no size', entryOf({ Size: '' })],
    ['a size that is no number', entryOf({ Size: '-1' })],
    ['no time', entryOf({ LastModified: '' })],
    ['a time that is none', entryOf({ LastModified: 'yesterday' })],
    ['an entry that does not end', entryOf().replace('</Contents>', '')],
    ['an entry within another', `<Contents>${entryOf({ Key: 'shop/b' })}</Contents>`],
    ['an entry that another follows before it ends', `${entryOf().replace('</Contents>', '')}${entryOf()}`],
    ['attributes', entryOf().replace('<Contents>', '<Contents a="b">')],
    ['a name space', entryOf().replaceAll('Contents>', 's3:Contents>')],
    ['an empty element', `<Contents/>`],
  ])('are all left to the SDK with %s', (_, entry) => {
    expect(contentsIn(`${head}${entryOf()}${entry}${tail}`)).toBeNull();
  });
});
