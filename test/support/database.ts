import { Client } from 'pg';
import type { PostgresServer } from '../../tools/servers/index.ts';

/** Runs SQL in a database of a test server, as its superuser. */
export async function queryDatabase(server: PostgresServer, database: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
