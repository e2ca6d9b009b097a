import { describe, expect, it } from '@jest/globals';
import { causeOf, type StageEnd } from '../../../process/stage.ts';

const end = (command: string, order: number, fields: Partial<StageEnd> = {}): StageEnd => ({
  command,
  order,
  stderr: '',
  code: 0,
  signal: null,
  killed: false,
  ...fields,
});

describe('the cause of a failed pipeline', () => {
  it('is none when every process ended well', () => {
    expect(causeOf([end('pg_dump', 0), end('zstd', 1)])).toBeUndefined();
  });

  it('is the process that ended first, although its readers failed too', () => {
    const ends = [end('gpg', 0, { code: 2 }), end('zstd', 1, { code: 1, stderr: 'unexpected end' })];
    expect(causeOf(ends)?.command).toBe('gpg');
  });

  it.each([
    ['SIGPIPE', { code: null, signal: 'SIGPIPE' as const }],
    ['a broken pipe', { code: 1, stderr: 'could not write: Broken pipe' }],
    ['a reset', { code: 70, stderr: 'zstd: error 70 : Write error : Connection reset by peer' }],
  ])('is not the process that only lost its reader by %s, although it ended first', (_, fields) => {
    expect(causeOf([end('pg_dump', 0, fields), end('gpg', 1, { code: 2 })])?.command).toBe('gpg');
  });

  it('is the process that lost its connection to a server, when no reader failed', () => {
    const lost = { code: 1, stderr: 'could not receive data: Connection reset by peer' };
    const killed = { code: null, signal: 'SIGKILL' as const, killed: true };
    expect(causeOf([end('pg_dump', 0, lost), end('zstd', 1), end('gpg', 2, killed)])?.command).toBe(
      'pg_dump',
    );
  });

  it('is never a process that we killed, when another failed by itself', () => {
    const killed = { code: null, signal: 'SIGKILL' as const, killed: true };
    expect(causeOf([end('pg_dump', 0, killed), end('zstd', 1, { code: 1 })])?.command).toBe('zstd');
  });
});
