import { describe, expect, it } from '@jest/globals';
import { causeOf, describeExit, type StageEnd } from '../../../process/stage.ts';

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

describe('what a failed process said', () => {
  const said = (...lines: string[]) => describeExit('pg_restore', 1, null, `${lines.join('\n')}\n`);

  it('is told whole where it is short', () => {
    expect(said('one', 'two')).toBe('pg_restore ended with exit status 1: one\ntwo');
    expect(said('1', '2', '3', '4', '5', '6', '7', '8', '9', '10')).toMatch(
      /: 1\n2\n3\n4\n5\n6\n7\n8\n9\n10$/,
    );
  });

  it('is told by its first and last lines where a long statement stands between them', () => {
    const body = Array.from({ length: 90 }, (_, line) => `  column_${line} int,`);
    const told = said(
      'error: could not execute query: ERROR: no',
      'HINT: do',
      'Command was: CREATE',
      ...body,
      ');',
    );
    expect(told).toContain('error: could not execute query: ERROR: no\nHINT: do\n');
    expect(told).toMatch(/\n…\n[\s\S]*column_89 int,\n\);$/);
    expect(told).not.toContain('column_40');
  });

  it('is short where one line is endless', () => {
    expect(said('x'.repeat(100_000)).length).toBeLessThan(2100);
  });
});
