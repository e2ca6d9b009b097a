import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { explainPgDump, explainQuery } from '../../../sources/postgres/explain.ts';
import { explainRestore } from '../../../sources/postgres/explain-restore.ts';

const subject = { name: 'shop', host: 'db.internal', port: 5432, database: 'shop', user: 'backup' };

/** As PostgreSQL 15 and 18 print them. */
const dumps: [string, string][] = [
  [
    'pg_dump: error: connection to server at "db.internal" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "backup"',
    'authentication-failed',
  ],
  [
    'pg_dump: error: connection to server at "db.internal" (10.0.0.1), port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.0.0.2", user "backup", database "shop", no encryption',
    'authentication-failed',
  ],
  [
    'pg_dump: error: connection to server at "10.0.0.1", port 5432 failed: fe_sendauth: no password supplied',
    'authentication-failed',
  ],
  [
    'pg_dump: error: connection to server at "db.internal" (10.0.0.1), port 5432 failed: SSL error: certificate verify failed',
    'authentication-failed',
  ],
  [
    'pg_dump: error: connection to server at "10.0.0.1", port 5432 failed: FATAL:  database "shop" does not exist',
    'not-found',
  ],
  [
    'pg_dump: error: connection to server at "10.0.0.1", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
    'unreachable',
  ],
  [
    'pg_dump: error: could not translate host name "db.internal" to address: Name or service not known',
    'unreachable',
  ],
  [
    'pg_dump: error: connection to server at "10.0.0.1", port 5432 failed: FATAL:  the database system is starting up',
    'unreachable',
  ],
  [
    'pg_dump: error: Dumping the contents of table "orders" failed: PQgetCopyData() failed.\npg_dump: detail: Error message from server: server closed the connection unexpectedly',
    'unreachable',
  ],
  [
    'pg_dump: error: query failed: ERROR:  permission denied for table orders\npg_dump: detail: Query was: LOCK TABLE public.orders IN ACCESS SHARE MODE',
    'access-denied',
  ],
  ['pg_dump: error: query failed: ERROR:  permission denied for large object 424242', 'access-denied'],
  [
    'pg_dump: error: query failed: ERROR:  query would be affected by row-level security policy for table "rls"\npg_dump: detail: Query was: COPY public.rls (a) TO stdout;',
    'access-denied',
  ],
  [
    'pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 18.4; pg_dump version: 15.18',
    'version-mismatch',
  ],
  [
    'pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout\npg_dump: detail: Query was: LOCK TABLE public.a IN ACCESS SHARE MODE',
    'stalled',
  ],
  ['pg_dump: error: query failed: ERROR:  relation "public.gone" does not exist', 'schema-changed'],
  ['pg_dump: error: query failed: ERROR:  cache lookup failed for type 16402', 'schema-changed'],
  ['pg_dump: error: query failed: ERROR:  invalid snapshot identifier: "00000003-0000001B-1"', 'interrupted'],
  [
    'pg_dump: error: Dumping the contents of table "a" failed: ERROR:  canceling statement due to conflict with recovery',
    'service-unavailable',
  ],
  [
    'pg_dump: error: query failed: ERROR:  out of shared memory\nHINT:  You might need to increase max_locks_per_transaction.',
    'service-unavailable',
  ],
  ['pg_dump: error: could not write to output file: No space left on device', 'disk-full'],
  ['pg_dump: error: something that nobody has seen', 'process-failed'],
];

describe('explainPgDump', () => {
  it.each(dumps)('%s', (stderr, code) => {
    const explained = explainPgDump(stderr, subject);
    expect(explained.code).toBe(code);
    expect(explained.message).not.toContain('Query was');
    if (code !== 'process-failed') expect(explained.hint).toBeTruthy();
  });
});

const queries: [string, string, string][] = [
  ['28P01', 'password authentication failed for user "backup"', 'authentication-failed'],
  ['28000', 'kein Eintrag in pg_hba.conf', 'authentication-failed'],
  ['3D000', 'Datenbank »shop« existiert nicht', 'not-found'],
  ['42501', 'keine Berechtigung für Tabelle orders', 'access-denied'],
  ['53300', 'sorry, too many clients already', 'unreachable'],
  ['57P03', 'the database system is starting up', 'unreachable'],
  ['08006', 'anything', 'unreachable'],
  ['55P03', 'canceling statement due to lock timeout', 'stalled'],
  ['42P01', 'relation "a" does not exist', 'schema-changed'],
  ['42704', 'invalid snapshot identifier', 'interrupted'],
  ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432', 'unreachable'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND db.internal', 'unreachable'],
  ['', 'timeout expired', 'unreachable'],
  ['', 'Connection terminated unexpectedly', 'unreachable'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'authentication-failed'],
  ['', 'The server does not support SSL connections', 'authentication-failed'],
  ['22012', 'division by zero', 'process-failed'],
];

describe('explainQuery', () => {
  it.each(queries)('%s %s', (state, message, code) => {
    expect(explainQuery(Object.assign(new Error(message), { code: state }), subject).code).toBe(code);
  });

  it('reads what each address of a host answered', () => {
    const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:5432')], '');
    expect(explainQuery(refused, subject).code).toBe('unreachable');
  });
});

const restores: [string, string][] = [
  [
    'pg_restore: error: could not execute query: ERROR:  extension "postgis" is not available\nDETAIL:  Could not open extension control file "/usr/share/postgresql/15/extension/postgis.control": No such file or directory.',
    'tool-missing',
  ],
  ['pg_restore: error: unsupported version (1.16) in file header', 'version-mismatch'],
  [
    'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"',
    'version-mismatch',
  ],
  ['pg_restore: error: did not find magic string in file header', 'corrupt-copy'],
  ['pg_restore: error: could not read from input file: end of file', 'corrupt-copy'],
  ['pg_restore: error: could not execute query: ERROR:  role "app" does not exist', 'mismatch'],
  [
    'pg_restore: error: could not execute query: ERROR:  insert or update on table "a" violates foreign key constraint "b"',
    'mismatch',
  ],
  [
    'pg_restore: error: COPY failed: ERROR:  could not extend file "base/1": No space left on device',
    'disk-full',
  ],
];

describe('explainRestore', () => {
  it.each(restores)('%s', (stderr, code) => {
    const failed = new HoldfastError('process-failed', `sh ended with exit status 1: ${stderr}`);
    expect(explainRestore(failed)).toMatchObject({ code });
  });

  it.each([
    ['must be member of role "owner"', 'access-denied', 'The server test does not let us restore'],
    ['permission denied for schema public', 'access-denied', 'docs/sql'],
    ['role "owner" does not exist', 'not-found', 'The server test lacks a role'],
    ['extension "postgis" is not available', 'tool-missing', 'the server test has no extension "postgis"'],
    [
      'could not extend file "base/5/1": No space left on device',
      'disk-full',
      'Make room on the server test',
    ],
  ])('tells of a declared server: %s', (said, code, sentence) => {
    const stderr = `pg_restore: error: could not execute query: ERROR:  ${said}`;
    const failed = new HoldfastError('process-failed', `sh ended with exit status 1: ${stderr}`);
    const explained = explainRestore(failed, 'test');
    expect(explained).toMatchObject({ code, sentence: expect.stringContaining(sentence) });
  });

  it('leaves the failure of another stage as it is', () => {
    const failed = new HoldfastError(
      'process-failed',
      'gpg ended with exit status 2: gpg: decryption failed',
    );
    expect(explainRestore(failed)).toBe(failed);
  });
});
