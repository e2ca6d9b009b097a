import { once } from 'node:events';
import { appendFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  type BindServer,
  type ReplicatedServer,
  type StandbyServer,
  startBind,
  startStandby,
} from '../servers/index.ts';
import { runbookText } from './policy.ts';
import type { DemoSet } from './set.ts';

/** The second site: a standby of the shop's database, a name server, and a service that wants to write. */
export type Sites = {
  standby: StandbyServer;
  dns: BindServer;
  /** Where the name leads to, as the name server answers. */
  whereIs(name: string): Promise<string>;
  stop(): Promise<void>;
};

const addresses = { fra: '127.0.0.1', ams: '127.0.0.2' };

/** Builds the second site, and writes the runbook into the policy. */
export async function buildSites(set: DemoSet): Promise<Sites> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const records = [`shop 300 IN A ${addresses.fra}`, `drill 300 IN A ${addresses.fra}`];
    const [standby, dns] = await Promise.all([startStandby(set.primary), startBind({ records })]);
    undo.push(standby.stop, dns.stop);
    const service = await openService(standby);
    undo.push(service.stop);
    await writeRunbook(set, standby, dns, service.url);
    const whereIs = async (name: string) => (await dns.lookUp(`${name}.${dns.domain}`, 'A')).join(', ');
    return { standby, dns, whereIs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeRunbook(
  set: DemoSet,
  standby: StandbyServer,
  { host, port, domain, key }: BindServer,
  url: string,
): Promise<void> {
  const [passwordFile, secretFile] = [join(set.directory, 'postgres'), join(set.directory, 'tsig')];
  await writeFile(passwordFile, set.primary.password, { mode: 0o600 });
  await writeFile(secretFile, key.secret, { mode: 0o600 });
  const target = (server: ReplicatedServer) => ({
    host: server.host,
    port: server.port,
    user: server.superuser,
    passwordFile,
  });
  const text = runbookText({
    primary: target(set.primary),
    standby: target(standby),
    dns: { host, port, domain, key: key.key, secretFile },
    service: { address: addresses.ams, url },
  });
  await appendFile(set.policyFile, text);
}

/** Answers as the shop in ams would: 200 while its database takes writes, 503 while it is a standby. */
async function openService(standby: StandbyServer): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_request, response) => {
    takesWrites(standby)
      .then((serves) => response.writeHead(serves ? 200 : 503).end(serves ? 'serving\n' : 'standing by\n'))
      .catch(() => response.writeHead(503).end());
  });
  server.listen(0, addresses.ams);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the service has no port');
  return {
    url: `http://${addresses.ams}:${address.port}/health`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function takesWrites(standby: StandbyServer): Promise<boolean> {
  const client = new Client({ connectionString: standby.url('shop') });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ writes: boolean }>('select not pg_is_in_recovery() as writes');
    return rows[0]?.writes === true;
  } finally {
    await client.end();
  }
}
