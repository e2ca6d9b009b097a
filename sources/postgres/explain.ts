import { HoldfastError, type PermanentCode, type TransientCode } from '../../policy/errors.ts';

/** The part of a PostgreSQL source that an error names. */
export type Subject = { name: string; host: string; port: number; database: string; user: string };

type Cause = { code: PermanentCode | TransientCode; say: (subject: Subject) => string; hint: string };

const rights =
  'Grant the backup role what docs/sql/backup-role.sql grants; docs/least-privilege.md explains it.';

const causes = {
  authentication: {
    code: 'authentication-failed',
    say: (s) => `PostgreSQL at ${s.host}:${s.port} refuses to log in the user "${s.user}".`,
    hint: "Check the source's user and password, and the server's pg_hba.conf.",
  },
  certificate: {
    code: 'authentication-failed',
    say: (s) => `The TLS connection to PostgreSQL at ${s.host}:${s.port} can't be trusted.`,
    hint: "Check the server's certificate, and `ssl.mode` and `ssl.rootCertificate` of the source.",
  },
  noDatabase: {
    code: 'not-found',
    say: (s) => `PostgreSQL at ${s.host}:${s.port} has no database "${s.database}".`,
    hint: "Correct the source's `database`, or create it.",
  },
  denied: {
    code: 'access-denied',
    say: (s) => `The user "${s.user}" may not read all of the database "${s.database}".`,
    hint: rights,
  },
  rowSecurity: {
    code: 'access-denied',
    say: (s) => `Row security hides rows of the database "${s.database}" from the user "${s.user}".`,
    hint: `The backup role needs BYPASSRLS, else the backup would lack rows. ${rights}`,
  },
  version: {
    code: 'version-mismatch',
    say: (s) => `The pg_dump on this worker is older than the server of the source ${s.name}.`,
    hint: "Install the client tools of the server's major version, or name their directory in HOLDFAST_POSTGRES_BIN.",
  },
  changed: {
    code: 'schema-changed',
    say: (s) => `The schema of the database "${s.database}" changed while the backup read it.`,
    hint: 'The next attempt starts with a new snapshot. Schedule backups apart from migrations.',
  },
  locked: {
    code: 'stalled',
    say: (s) =>
      `Another session held a lock in the database "${s.database}" for longer than the source's lockTimeout.`,
    hint: 'A migration, or a VACUUM FULL, holds the table. The backup gave up so that nobody queues behind it.',
  },
  snapshotGone: {
    code: 'interrupted',
    say: (s) =>
      `The snapshot of the database "${s.database}" is gone: the connection that held it was closed.`,
    hint: 'The next attempt takes a new one.',
  },
  replica: {
    code: 'service-unavailable',
    say: (s) => `The standby at ${s.host}:${s.port} cancelled the backup to go on replaying.`,
    hint: 'Set hot_standby_feedback, or raise max_standby_streaming_delay on the standby.',
  },
  locks: {
    code: 'service-unavailable',
    say: (s) => `PostgreSQL at ${s.host}:${s.port} has too few lock slots for all tables of "${s.database}".`,
    hint: 'Raise max_locks_per_transaction on the server: a dump locks every table once.',
  },
  damaged: {
    code: 'process-failed',
    say: (s) => `PostgreSQL reports damaged data in the database "${s.database}".`,
    hint: 'Keep the backups that are older than the damage, and check the server with pg_amcheck.',
  },
  serverFull: {
    code: 'service-unavailable',
    say: (s) => `PostgreSQL at ${s.host}:${s.port} has run out of disk space.`,
    hint: 'Free space on the database server.',
  },
  disk: {
    code: 'disk-full',
    say: (s) => `The worker has no disk space left for the dump of ${s.name}.`,
    hint: 'Free space in the directory for temporary files, or dump with `parallel: 1`, which needs none.',
  },
  unreachable: {
    code: 'unreachable',
    say: (s) => `PostgreSQL at ${s.host}:${s.port} does not answer.`,
    hint: "Check that the server runs, and the source's host and port.",
  },
} as const satisfies Record<string, Cause>;

type CauseName = keyof typeof causes;

/** By SQLSTATE, or by the first two characters where the whole class means the same (PostgreSQL, appendix A). */
const bySqlState: Record<string, CauseName> = {
  '28P01': 'authentication',
  '28000': 'authentication',
  '3D000': 'noDatabase',
  '42501': 'denied',
  '42P01': 'changed',
  '42704': 'changed',
  '3F000': 'changed',
  '55P03': 'locked',
  '40001': 'replica',
  '53100': 'serverFull',
  '53200': 'locks',
  '53300': 'unreachable',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'unreachable',
  '58P01': 'damaged',
  XX001: 'damaged',
  XX002: 'damaged',
  '08': 'unreachable',
};

/** By what the tools and the driver print; the first match counts. Servers that speak another language fall through. */
const byText: readonly (readonly [RegExp, CauseName])[] = [
  [/aborting because of server version mismatch/i, 'version'],
  [/row-level security policy/i, 'rowSecurity'],
  [
    /password authentication failed|no password supplied|no pg_hba\.conf entry|(peer|ident|GSSAPI|LDAP|certificate) authentication failed|role ".*" (does not exist|is not permitted to log in)|SASL|pg_hba\.conf rejects/i,
    'authentication',
  ],
  [/certificate|self.signed|SSL error|root certificate file|server does not support SSL/i, 'certificate'],
  [/database ".*" does not exist/i, 'noDatabase'],
  [/permission denied|must be owner|must be superuser/i, 'denied'],
  [/canceling statement due to (lock|statement) timeout|could not obtain lock/i, 'locked'],
  [/due to conflict with recovery/i, 'replica'],
  [
    /invalid snapshot identifier|could not import the requested snapshot|snapshot .*does not exist/i,
    'snapshotGone',
  ],
  [/max_locks_per_transaction|out of shared memory/i, 'locks'],
  [
    /invalid page in block|missing chunk number|could not read block|compressed .*data is corrupt|found toasted/i,
    'damaged',
  ],
  [/No space left on device|Disk quota exceeded/i, 'disk'],
  [
    /(relation|table|schema|type|function|sequence) .* does not exist|could not open relation with OID|cache lookup failed|could not find .*with OID/i,
    'changed',
  ],
  [
    /could not connect|connection refused|could not translate host name|server closed the connection|connection to server .* failed|terminating connection|the database system is|too many clients|remaining connection slots|Connection terminated|timeout expired|connection timeout|ECONNRESET|EPIPE|ENOTFOUND|connect ENOENT|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i,
    'unreachable',
  ],
];

/**
 * The cause of a failed connection or query, as one sentence that says what to do. What the server said is kept as
 * its last part; servers never quote passwords.
 */
export function explainQuery(error: unknown, subject: Subject): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const text = textOf(error);
  const state = codeOf(error);
  const name = causeByText(text) ?? causeByState(state) ?? causeByText(state);
  if (name === undefined)
    return new HoldfastError(
      'process-failed',
      `PostgreSQL refused a query on "${subject.database}": ${text}`,
      {
        cause: error,
      },
    );
  return tell(name, subject, text, error);
}

/**
 * The cause behind a failed pg_dump or pg_dumpall, read from its stderr, so that what only a person can mend fails
 * at once (`authentication-failed`, `not-found`, `access-denied`, `version-mismatch`) and the rest is tried again.
 */
export function explainPgDump(stderr: string, subject: Subject, cause?: unknown): HoldfastError {
  const name = causeByText(stderr);
  const said = saidBy(stderr);
  if (name === undefined)
    return new HoldfastError('process-failed', `pg_dump of ${subject.name} failed: ${said}`, { cause });
  return tell(name, subject, said, cause);
}

function tell(name: CauseName, subject: Subject, said: string, cause: unknown): HoldfastError {
  const { code, say, hint } = causes[name];
  const message = said === '' ? say(subject) : `${say(subject)} (${said})`;
  return new HoldfastError(code, message, { hint, cause });
}

/** The telling lines of a tool's stderr: errors and details, without the query that was sent. */
function saidBy(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter(
      (line) => /error|detail|fatal|hint|failed|killed/i.test(line) && !/Query was:|Command was:/.test(line),
    )
    .map((line) => line.replace(/^(pg_dump|pg_dumpall|pg_restore): /, '').trim());
  return lines.slice(0, 3).join('; ').slice(0, 600);
}

function causeByText(text: string): CauseName | undefined {
  return byText.find(([pattern]) => pattern.test(text))?.[1];
}

function causeByState(state: string): CauseName | undefined {
  return bySqlState[state] ?? (state.length === 5 ? bySqlState[state.slice(0, 2)] : undefined);
}

/** Read by shape: an error of Node's own may come from another realm. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/** The message, with what each address of a host answered when there were several. */
function textOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const message = 'message' in error ? String(error.message) : '';
  const parts = 'errors' in error && Array.isArray(error.errors) ? error.errors.map(String) : [];
  return [message, ...parts].filter((part) => part !== '').join('; ');
}
