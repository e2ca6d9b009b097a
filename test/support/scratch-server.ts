import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScratchServer } from '../../policy/resolved-proof.ts';
import { type PostgresServer, startPostgres } from '../../tools/servers/index.ts';
import { sql, sqlFile } from './postgres-trip.ts';

/** A server of its own that a policy declares for scratch databases, with a role that may make them and no more. */
export type DeclaredServer = {
  server: PostgresServer;
  declared: ScratchServer;
  /** Scratch databases that are there. */
  scratches(): Promise<unknown[]>;
  stop(): Promise<void>;
};

const role = 'holdfast_scratch';
const roleSql = new URL('../../docs/sql/scratch-role.sql', import.meta.url).pathname;

/** @param directory for the role's password */
export async function declareServer(directory: string): Promise<DeclaredServer> {
  const server = await startPostgres({ major: 15 });
  await sqlFile(server, 'postgres', roleSql, { role });
  await sql(server, 'postgres', `alter role ${role} password 'scratch'`);
  const file = join(directory, 'password-declared');
  await writeFile(file, 'scratch', { mode: 0o600 });
  const { host, port } = server;
  return {
    server,
    declared: {
      name: 'development',
      zone: 'fra',
      host,
      port,
      user: role,
      password: { file },
      ssl: { mode: 'prefer' },
    },
    scratches: () =>
      sql(server, 'postgres', `select datname from pg_database where datname like 'holdfast\\_%'`),
    stop: () => server.stop(),
  };
}
