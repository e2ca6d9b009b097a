import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  attemptOf,
  backupIdOf,
  directoryOf,
  fileNameOf,
  isBackupId,
  keyOf,
  parseKey,
  plaintextNameOf,
  startOf,
} from '../../../repository/layout.ts';

const instants = fc
  .date({ min: new Date('1980-01-01T00:00:00Z'), max: new Date('2999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const sources = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
const attempts = fc.stringMatching(/^[0-9a-f]{6}$/);
const files = fc.oneof(
  fc.constantFrom('manifest.json', 'manifest.json.sig', 'RESTORE.md', 'keep.weekly.20270214.json'),
  attempts.map((attempt) => fileNameOf('data.dump', attempt, ['zstd', 'gpg'])),
);

describe('names in a repository', () => {
  it('reads back what it wrote, for any source, start, run and file', () => {
    fc.assert(
      fc.property(sources, instants, fc.uuid(), files, (source, start, runId, file) => {
        const backupId = backupIdOf(start, runId);
        const key = keyOf({ source, backupId }, file);
        expect(parseKey(key)).toMatchObject({ source, backupId, file });
        expect(startOf(backupId)).toBe(`${start.slice(0, 19)}.000Z`);
        expect(key).not.toMatch(/\/\/|^\/|\.\./);
      }),
    );
  });

  it('sorts the backups of a source by their start', () => {
    fc.assert(
      fc.property(instants, instants, fc.uuid(), (a, b, runId) => {
        const [first, second] = [a.slice(0, 19), b.slice(0, 19)].toSorted();
        fc.pre(first !== second);
        const directories = [first, second].map((start) =>
          directoryOf({ source: 'shop', backupId: backupIdOf(`${start}Z`, runId) }),
        );
        expect(directories.toSorted()).toEqual(directories);
      }),
    );
  });

  it('takes nothing for a file of a backup that is not one', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseKey(text)).toBeNull();
      }),
    );
  });

  it.each([
    ['another day in the path', 'shop/2026/11/22/20261121T010000Z-1a2b3c4d/manifest.json'],
    ['a day that does not exist', 'shop/2026/02/30/20260230T010000Z-1a2b3c4d/manifest.json'],
    ['a directory in the directory', 'shop/2026/11/21/20261121T010000Z-1a2b3c4d/x/manifest.json'],
    ['shifted slashes', 'shop/20261/1/21/20261121T010000Z-1a2b3c4d/manifest.json'],
    ['a hidden file', 'shop/2026/11/21/20261121T010000Z-1a2b3c4d/.part-1'],
    ['our own folders', '_policy/2026/11/21/20261121T010000Z-1a2b3c4d/manifest.json'],
  ])('takes %s for no backup', (_, key) => {
    expect(parseKey(key)).toBeNull();
  });

  it('tells what each file is', () => {
    const name = { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' };
    const kinds = [
      'manifest.json',
      'manifest.json.sig',
      'RESTORE.md',
      'tested.20261206T010312Z.passed.json',
      'globals-0a1b2c.sql.zst.gpg',
      'fingerprint-0a1b2c.json',
      'notes.txt',
    ].map((file) => parseKey(keyOf(name, file))?.kind);
    expect(kinds).toEqual(['manifest', 'signature', 'restore-document', 'marker', 'data', 'data', 'unknown']);
  });

  it('writes an id as people expect it', () => {
    expect(backupIdOf('2026-11-21T01:00:00.250Z', '0197a1b2-0000-7000-8000-00001A2B3C4D')).toBe(
      '20261121T010000Z-1a2b3c4d',
    );
    expect(isBackupId('20261321T010000Z-1a2b3c4d')).toBe(false);
    expect(attemptOf('0197a1b2-0000-7000-8000-00001A2B3C4D')).toBe('2b3c4d');
    expect(() => backupIdOf('yesterday', '0197a1b20000')).toThrow(RangeError);
    expect(() => backupIdOf('2026-11-21T01:00:00Z', 'run-1')).toThrow(RangeError);
  });

  it('names data files so that the extensions say how to undo them', () => {
    expect(fileNameOf('data.dump', '1a2b3c', ['zstd', 'gpg'])).toBe('data-1a2b3c.dump.zst.gpg');
    expect(fileNameOf('globals.sql', '1a2b3c', ['zstd', 'gpg-symmetric'])).toBe('globals-1a2b3c.sql.zst.gpg');
    expect(fileNameOf('fingerprint.json', '1a2b3c', [])).toBe('fingerprint-1a2b3c.json');
    expect(plaintextNameOf('data-1a2b3c.dump.zst.gpg')).toBe('data-1a2b3c.dump');
    expect(() => fileNameOf('dump', '1a2b3c', [])).toThrow(RangeError);
    expect(() => fileNameOf('../data.dump', '1a2b3c', [])).toThrow(RangeError);
  });

  it.each(['../etc', 'Shop', '', 'a/b'])('refuses a source named "%s"', (source) => {
    expect(() => directoryOf({ source, backupId: '20261121T010000Z-1a2b3c4d' })).toThrow('not the name');
  });
});
