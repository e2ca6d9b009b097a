import { randomBytes } from 'node:crypto';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import { Client, type ClientConfig } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresSource } from '../../policy/resolved.ts';
import type { WorkContext } from '../source.ts';
import { explainQuery } from './explain.ts';

/** A database to connect to: a source, or a scratch place. */
export type Target = Pick<
  PostgresSource,
  'name' | 'host' | 'port' | 'database' | 'user' | 'password' | 'ssl' | 'lockTimeout'
>;

const connectSeconds = 15;

/**
 * Connects and fixes every setting that changes how values, names and definitions are printed, so that equal data
 * reads equal everywhere. Lock waits end after the target's `lockTimeout`; rows hidden by row security are an error.
 * The connection is cut when the work's signal fires.
 *
 * @param within seconds until the server answers
 * @throws HoldfastError as `explainQuery` tells.
 */
export async function connect(
  target: Target,
  work: WorkContext,
  within: number = connectSeconds,
): Promise<Client> {
  try {
    const client = await openClient(target, work, within);
    const cut = () => void client.end().catch(() => undefined);
    work.signal.addEventListener('abort', cut, { once: true });
    client.once('end', () => work.signal.removeEventListener('abort', cut));
    try {
      if (work.signal.aborted) throw new Error('stopped');
      await client.query(settings(await serverVersion(client), target.lockTimeout));
      return client;
    } catch (error) {
      cut();
      throw error;
    }
  } catch (error) {
    if (work.signal.aborted)
      throw new HoldfastError('interrupted', `The work on ${target.name} was stopped.`);
    throw explainQuery(error, target);
  }
}

/** The server's version as one number: 150018 for 15.18. */
export async function serverVersion(client: Client): Promise<number> {
  const result = await client.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  );
  return Number(result.rows[0]?.version);
}

/**
 * The environment that brings PostgreSQL's own tools to the target: the password in a file that only we can read,
 * never in an argument. A database name in PGDATABASE is taken literally, whatever characters it has.
 */
export async function toolEnvironment(target: Target, work: WorkContext): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    LC_ALL: 'C',
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGAPPNAME: `holdfast/${target.name}`,
    PGCONNECT_TIMEOUT: String(connectSeconds),
    PGSSLMODE: target.ssl.mode,
  };
  if (verifies(target)) environment.PGSSLROOTCERT = await rootsFile(target, work);
  if (target.password !== undefined) {
    const path = join(work.directory, `pgpass-${randomBytes(6).toString('hex')}`);
    await writeFile(path, passFileLine(await work.secret(target.password)), { mode: 0o600, flag: 'wx' });
    environment.PGPASSFILE = path;
  }
  return environment;
}

/**
 * One line of a libpq password file. The tool gets one server to talk to, so the line matches any.
 *
 * @throws HoldfastError `bad-key` for a password with a line break: the file's format has no way to write one.
 */
export function passFileLine(password: string): string {
  if (/[\r\n\0]/.test(password))
    throw new HoldfastError('bad-key', "The database's password holds a line break.", {
      hint: "PostgreSQL's tools can't be given such a password; set one without line breaks.",
    });
  return `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`;
}

/** A connection string that names a database and nothing else, for tools that take it as an argument. */
export function databaseArgument(database: string): string {
  return `dbname='${database.replace(/[\\']/g, '\\$&')}'`;
}

/** Names a database to PostgreSQL's tools, whatever it is called: put in front of a command that is pasted into a shell. */
export function databaseInShell(database: string): string {
  return `PGDATABASE='${database.replaceAll("'", "'\\''")}'`;
}

async function openClient(target: Target, work: WorkContext, within: number): Promise<Client> {
  const password = target.password === undefined ? undefined : await work.secret(target.password);
  const config: ClientConfig = {
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    application_name: `holdfast/${target.name}`,
    connectionTimeoutMillis: within * 1000,
    keepAlive: true,
    ...(password === undefined ? {} : { password }),
  };
  const ssl = await tlsOptions(target, work);
  try {
    return await attempt({ ...config, ssl });
  } catch (error) {
    const plain = /does not support SSL/.test(String(error));
    if (target.ssl.mode === 'prefer' && plain) return await attempt({ ...config, ssl: false });
    throw error;
  }
}

async function attempt(config: ClientConfig): Promise<Client> {
  const client = new Client(config);
  // A connection that breaks while idle shows itself at the next query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

const systemRoots = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

function verifies(target: Target): boolean {
  return target.ssl.mode === 'verify-ca' || target.ssl.mode === 'verify-full';
}

async function tlsOptions(target: Target, work: WorkContext): Promise<ConnectionOptions | false> {
  if (target.ssl.mode === 'disable' || target.host.startsWith('/')) return false;
  if (!verifies(target)) return { rejectUnauthorized: false };
  const ca = await readFile(await rootsFile(target, work), 'utf8').catch((cause: unknown) => {
    throw new HoldfastError('bad-policy', `The root certificate of ${target.name} can't be read.`, {
      hint: '`ssl.rootCertificate` names a file on the worker.',
      cause,
    });
  });
  return target.ssl.mode === 'verify-ca' ? { ca, checkServerIdentity: () => undefined } : { ca };
}

/** The same roots for our connection and for the tools: the policy's, else the system's, else Node's own. */
async function rootsFile(target: Target, work: WorkContext): Promise<string> {
  if (target.ssl.rootCertificate !== undefined) return target.ssl.rootCertificate;
  for (const path of [process.env.SSL_CERT_FILE ?? '', ...systemRoots]) {
    const readable = await access(path).then(
      () => true,
      () => false,
    );
    if (path !== '' && readable) return path;
  }
  const path = join(work.directory, 'roots.pem');
  await writeFile(path, rootCertificates.join('\n'), { mode: 0o600 });
  return path;
}

function settings(version: number, lockTimeout: number): string {
  const fixed: Record<string, string> = {
    search_path: "''",
    datestyle: "'ISO, YMD'",
    intervalstyle: "'postgres'",
    timezone: "'UTC'",
    extra_float_digits: '1',
    bytea_output: "'hex'",
    lc_monetary: "'C'",
    quote_all_identifiers: 'off',
    row_security: 'off',
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    lock_timeout: `'${Math.round(lockTimeout * 1000)}ms'`,
    ...(version >= 140_000 ? { client_connection_check_interval: "'5s'", idle_session_timeout: '0' } : {}),
    ...(version >= 170_000 ? { transaction_timeout: '0' } : {}),
  };
  return Object.entries(fixed)
    .map(([name, value]) => `set ${name} = ${value}`)
    .join('; ');
}
