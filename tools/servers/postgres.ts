import { randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { run } from '../../process/index.ts';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { createDataDirectory, type Owner, postgresOwner } from './postgres-data.ts';
import { serverProcess } from './server-process.ts';
import { type PostgresMajor, postgresBin } from './toolbox.ts';

export type PostgresOptions = {
  major: PostgresMajor;
  /** Lines of postgresql.conf, by name; values as PostgreSQL reads them there, quotes included. */
  settings?: Record<string, string>;
  /** Of the superuser; random when absent. */
  password?: string;
  /** Only Debian's servers can: the wheel's are built without TLS. */
  tls?: boolean;
};

export type PostgresServer = {
  host: string;
  port: number;
  superuser: string;
  password: string;
  /** Directory of the client and server tools of this very version. */
  bin: string;
  /** Data directory. */
  directory: string;
  /** With `tls`: the self-signed certificate, for `verify-full` against `localhost`. */
  certificate: string | undefined;
  url(database: string): string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

/** Starts a private PostgreSQL on 127.0.0.1, with durability off: its data is worth nothing. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const bin = postgresBin(options.major);
  const password = options.password ?? randomBytes(12).toString('hex');
  const [home, owner, port] = await Promise.all([serverDirectory(), postgresOwner(), freePort()]);
  const data = join(home, 'data');
  const socket = join(home, 'socket');
  try {
    await createDataDirectory(bin, data, owner);
    await mkdir(socket, { mode: 0o700 });
    await give(socket, owner);
    const certificate = options.tls === true ? await createCertificate(data, owner) : undefined;
    await appendFile(join(data, 'postgresql.conf'), configuration(port, socket, options));
    const server = serverProcess({
      name: `PostgreSQL ${options.major}`,
      command: join(bin, 'postgres'),
      args: ['-D', data],
      cwd: home,
      stopSignal: 'SIGINT',
      ready: () => setPassword(socket, port, password),
      ...(owner === undefined ? {} : { user: owner }),
    });
    await server.start();
    return {
      host: '127.0.0.1',
      port,
      superuser: 'postgres',
      password,
      bin,
      directory: data,
      certificate,
      url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
      stop: () => server.stop().finally(() => removeDirectory(home)),
      kill: () => server.kill(),
      restart: () => server.stop().then(() => server.start()),
    };
  } catch (error) {
    await removeDirectory(home);
    throw error;
  }
}

function configuration(port: number, socket: string, { settings, tls }: PostgresOptions): string {
  const all = {
    listen_addresses: `'127.0.0.1'`,
    port: String(port),
    unix_socket_directories: `'${socket}'`,
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    // A killed server leaves no segment in the host's memory.
    dynamic_shared_memory_type: 'mmap',
    ...(tls === true ? { ssl: 'on' } : {}),
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

/** Over the private socket, where no password is asked for; then proves that TCP takes it. */
async function setPassword(socket: string, port: number, password: string): Promise<void> {
  const common = { port, user: 'postgres', database: 'postgres' };
  await query(
    { ...common, host: socket },
    `alter role postgres password '${password.replaceAll("'", "''")}'`,
  );
  await query({ ...common, host: '127.0.0.1', password }, 'select 1');
}

async function query(
  config: { host: string; port: number; user: string; database: string; password?: string },
  sql: string,
): Promise<void> {
  const client = new Client({ ...config, connectionTimeoutMillis: 5000 });
  // A server that falls while we talk to it is reported by the query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function createCertificate(data: string, owner: Owner | undefined): Promise<string> {
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', names];
  await run({ command: 'openssl', args: ['req', '-x509', ...kind, ...files] });
  await chmod(key, 0o600);
  await Promise.all([give(key, owner), give(certificate, owner)]);
  return certificate;
}

async function give(path: string, owner: Owner | undefined): Promise<void> {
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
}
