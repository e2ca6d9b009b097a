import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { run } from '../../../process/index.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';

const running: PostgresServer[] = [];
const start = async (...options: Parameters<typeof startPostgres>) => {
  const server = await startPostgres(...options);
  running.push(server);
  return server;
};
afterAll(() => Promise.all(running.map((server) => server.stop())));

const ask = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
};

describe('startPostgres', () => {
  it.each([15, 16, 18] as const)('serves PostgreSQL %i with the tools of the same version', async (major) => {
    const server = await start({ major });
    const { server_version_num } = await ask(server.url('postgres'), 'show server_version_num');
    expect(Math.floor(Number(server_version_num) / 10_000)).toBe(major);
    const dump = await run({ command: join(server.bin, 'pg_dump'), args: ['--version'] });
    expect(dump.stdout).toContain(`pg_dump (PostgreSQL) ${major}.`);
  });

  it('refuses a wrong password over TCP', async () => {
    const server = await start({ major: 15, password: "it's right" });
    const wrong = new Client({ host: server.host, port: server.port, user: 'postgres', password: 'wrong' });
    await expect(wrong.connect()).rejects.toThrow('password authentication failed');
    const right = { host: server.host, port: server.port, user: 'postgres', password: "it's right" };
    const client = new Client(right);
    await client.connect();
    await client.end();
  });

  it('takes settings, and speaks TLS where asked', async () => {
    const server = await start({ major: 15, tls: true, settings: { max_connections: '17' } });
    expect(await ask(server.url('postgres'), 'show max_connections')).toEqual({ max_connections: '17' });
    const uri = `host=localhost port=${server.port} user=postgres sslmode=verify-full sslrootcert=${server.certificate}`;
    const { stdout } = await run({
      command: join(server.bin, 'psql'),
      args: [
        '-XAt',
        `${uri} dbname=postgres`,
        '-c',
        'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
      ],
      env: { PGPASSWORD: server.password },
    });
    expect(stdout.trim()).toBe('t');
  });

  it('comes back with its data after a kill, and leaves nothing after a stop', async () => {
    const server = await startPostgres({ major: 15 });
    await ask(server.url('postgres'), 'create table kept as select 42 as answer');
    await ask(server.url('postgres'), 'checkpoint');
    await server.kill();
    await expect(ask(server.url('postgres'), 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await ask(server.url('postgres'), 'select answer from kept')).toEqual({ answer: 42 });
    await server.stop();
    expect(existsSync(server.directory)).toBe(false);
  });

  it('tells what the server said when it does not start', async () => {
    await expect(start({ major: 15, settings: { shared_buffers: "'a lot'" } })).rejects.toThrow(
      /did not become ready[\s\S]*shared_buffers/,
    );
  });
});
