import { readFileSync } from 'node:fs';
import { appendFile, chown, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { run } from '../../process/index.ts';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePort } from './ports.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
import { type Owner, postgresOwner } from './postgres-data.ts';
import { serverProcess } from './server-process.ts';
import { eventually } from './wait.ts';

/** A server that may become a primary or a standby of another, and that commands stop and start. */
export type ReplicatedServer = PostgresServer & {
  /** What a service manager would run: it must be no child of ours to live on after a worker. */
  commands: { start: string[]; stop: string[] };
  /** The role that standbys copy as; the same on every server of a pair. */
  replication: { user: string; password: string };
};

export type StandbyServer = ReplicatedServer & {
  /** Keeps it from replaying what it receives, so that it lags. */
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
};

const replicationUser = 'replicator';

/** What physical replication, base backups of a standby and pg_rewind want of a server. */
const replicationSettings = {
  wal_level: 'replica',
  max_wal_senders: '10',
  wal_keep_size: `'256MB'`,
  hot_standby: 'on',
  wal_log_hints: 'on',
  full_page_writes: 'on',
  // What was committed has then left the server's memory, and is sent.
  synchronous_commit: 'on',
};

/** Servers that a command may have started: they end with this process too. */
const directories = new Set<string>();

process.once('exit', () => {
  for (const directory of directories) killByFile(directory);
});

/** Starts a primary that standbys can follow. */
export async function startPrimary(options: PostgresOptions): Promise<ReplicatedServer> {
  const settings = { ...replicationSettings, ...options.settings };
  return toPrimary(await startPostgres({ ...options, settings }));
}

/** A server that runs, made one that standbys can follow; its settings stay as they are. */
export async function toPrimary(server: PostgresServer): Promise<ReplicatedServer> {
  const password = server.password.replaceAll("'", "''");
  await query(server, `create role ${replicationUser} login replication password '${password}'`);
  return replicated(server, await postgresOwner());
}

/** Makes a standby of a primary by pg_basebackup, with a port and a directory of its own, and starts it. */
export async function startStandby(
  primary: ReplicatedServer,
  settings: Record<string, string> = {},
): Promise<StandbyServer> {
  const [home, owner, port] = await Promise.all([serverDirectory(), postgresOwner(), freePort()]);
  const [directory, socket] = [join(home, 'data'), join(home, 'socket')];
  try {
    for (const path of [directory, socket]) {
      await mkdir(path, { mode: 0o700 });
      if (owner !== undefined) await chown(path, owner.uid, owner.gid);
    }
    await copy(primary, directory, owner);
    const all = { port: String(port), unix_socket_directories: `'${socket}'`, ...settings };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    await appendFile(join(directory, 'postgresql.conf'), lines.join(''));
    const url = (database: string) =>
      `postgres://postgres:${primary.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    const server = serverProcess({
      name: 'PostgreSQL standby',
      command: join(primary.bin, 'postgres'),
      args: ['-D', directory],
      cwd: home,
      stopSignal: 'SIGINT',
      ready: () => query({ url }, 'select 1'),
      ...(owner === undefined ? {} : { user: owner }),
    });
    await server.start();
    const standby: PostgresServer = {
      ...primary,
      port,
      directory,
      url,
      stop: () => server.stop().finally(() => removeDirectory(home)),
      kill: () => server.kill(),
      restart: () => server.stop().then(() => server.start()),
    };
    return {
      ...replicated(standby, owner),
      pauseReplay: async () => {
        await query(standby, 'select pg_wal_replay_pause()');
        await eventually(() => requireState(standby, 'paused'), 10);
      },
      resumeReplay: () => query(standby, 'select pg_wal_replay_resume()'),
    };
  } catch (error) {
    await removeDirectory(home);
    throw error;
  }
}

function replicated(server: PostgresServer, owner: Owner | undefined): ReplicatedServer {
  const { directory, bin, password } = server;
  const as = owner === undefined ? [] : ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`];
  const control = [...as, ...(as.length > 0 ? ['--clear-groups', '--'] : []), join(bin, 'pg_ctl')];
  const log = join(dirname(directory), 'socket', 'server.log');
  directories.add(directory);
  return {
    ...server,
    replication: { user: replicationUser, password },
    commands: {
      start: [...control, 'start', '-D', directory, '-w', '-s', '-l', log],
      stop: [...control, 'stop', '-D', directory, '-m', 'fast', '-w', '-s'],
    },
    kill: async () => {
      await server.kill();
      killByFile(directory);
      await eventually(() => requireDown(server), 20);
    },
    stop: async () => {
      killByFile(directory);
      directories.delete(directory);
      await server.stop();
    },
  };
}

async function copy(primary: ReplicatedServer, directory: string, owner: Owner | undefined): Promise<void> {
  const { host, port, replication, bin } = primary;
  const from = ['-h', host, '-p', String(port), '-U', replication.user];
  await run({
    command: join(bin, 'pg_basebackup'),
    args: ['-D', directory, ...from, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-w'],
    env: { PGPASSWORD: replication.password },
    cwd: directory,
    ...(owner === undefined ? {} : { user: owner }),
  });
}

/** Kills the server that runs in a directory, whoever started it. */
function killByFile(directory: string): void {
  try {
    const pid = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // None runs there.
  }
}

async function requireDown(server: Pick<PostgresServer, 'url'>): Promise<void> {
  const answers = await query(server, 'select 1').then(
    () => true,
    () => false,
  );
  if (answers) throw new Error('the server still answers');
}

async function requireState(server: Pick<PostgresServer, 'url'>, wanted: string): Promise<void> {
  await query(
    server,
    `do $$ begin if pg_get_wal_replay_pause_state() <> '${wanted}' then raise 'not ${wanted} yet'; end if; end $$`,
  );
}

async function query(server: Pick<PostgresServer, 'url'>, sql: string): Promise<void> {
  const client = new Client({ connectionString: server.url('postgres'), connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}
