import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Lab } from '../../tools/lab/lab.ts';
import {
  type BindServer,
  freePort,
  type ReplicatedServer,
  type StandbyServer,
  startBind,
  startPrimary,
  startStandby,
} from '../../tools/servers/index.ts';
import { type Failovers, openFailovers } from './failovers.ts';
import { ownScratchBase, sql } from './postgres-trip.ts';

/** A shop at two sites: a primary in `fra`, a standby, a name server and a service in `ams`, and a runbook that moves it. */
export type Site = {
  scene: Failovers;
  primary: ReplicatedServer;
  standby: StandbyServer;
  bind: BindServer;
  /** Where the service looks for its database; `url` is what is checked. */
  service: { url: string };
  /** Where workers make scratch places; empty when there are none. */
  scratch: string;
  close(): Promise<void>;
};

/** `shop.example.org` leads to this address before, and to that one after. */
export const addresses = { before: '192.0.2.1', after: '192.0.2.2' } as const;

export async function openSite(): Promise<Site> {
  const [scratch, primary, bind] = await Promise.all([
    ownScratchBase(),
    startPrimary({ major: 15 }),
    startBind({ records: [`shop 2 IN A ${addresses.before}`] }),
  ]);
  await sql(primary, 'postgres', 'create database shop');
  await sql(primary, 'shop', 'create table orders as select generate_series(1, 1000) as id');
  const standby = await startStandby(primary);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/health`;
  const service = await serve(standby, port);
  const scene = await openFailovers((lab) => sectionsOf(lab, { primary, standby, bind, url }));
  return {
    scene,
    primary,
    standby,
    bind,
    service: { url },
    scratch,
    close: async () => {
      service.close();
      await scene.close();
      await Promise.all([standby.stop(), primary.stop(), bind.stop(), rm(scratch, { recursive: true })]);
    },
  };
}

/** Is healthy when its database takes writes. */
async function serve(standby: StandbyServer, port: number): Promise<Server> {
  const server = createServer(async (_, answer) => {
    const client = new Client({ connectionString: standby.url('shop') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('create temporary table written (id int)');
      answer.writeHead(200).end('healthy');
    } catch {
      answer.writeHead(503).end('its database takes no writes');
    } finally {
      await client.end().catch(() => undefined);
    }
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

type Servers = { primary: ReplicatedServer; standby: StandbyServer; bind: BindServer };

/** The servers in a policy: `shop-primary` in `fra`, `shop-standby` in `ams`, and the name server `dns`. */
export async function serversIn(lab: Lab, { primary, standby, bind }: Servers) {
  const secret = async (name: string, value: string) => {
    const file = join(lab.directory, name);
    await writeFile(file, value, { mode: 0o600 });
    return { file };
  };
  const password = await secret('postgres-password', primary.password);
  const target = (server: ReplicatedServer, zone: string, more: object = {}) => ({
    kind: 'postgres',
    zone,
    host: server.host,
    port: server.port,
    user: server.superuser,
    password,
    database: 'shop',
    directory: server.directory,
    replication: { user: server.replication.user, password },
    stop: { run: server.commands.stop },
    start: { run: server.commands.start },
    ...more,
  });
  const cutOff = { zone: 'ams', command: { run: ['touch', join(lab.directory, 'cut-off')] } };
  const { host, port, domain, key } = bind;
  const tsig = { key: key.key, algorithm: key.algorithm, secret: await secret('tsig', key.secret) };
  return {
    targets: {
      'shop-primary': target(primary, 'fra', { cutOff }),
      'shop-standby': target(standby, 'ams'),
    },
    nameServers: { dns: { zone: 'ams', host, port, domain, tsig } },
  };
}

async function sectionsOf(
  lab: Lab,
  { url, ...servers }: Servers & { url: string },
): Promise<Record<string, unknown>> {
  return {
    ...(await serversIn(lab, servers)),
    runbooks: {
      'shop-failover': {
        say: 'The shop moves to Amsterdam',
        class: 'critical',
        tier: 'critical',
        lost: ['fra'],
        zone: 'ams',
        cooldown: '0s',
        steps: [
          { id: 'declare', do: 'approve', role: 'ops', say: 'Declare the disaster' },
          { id: 'fence', do: 'postgres.fence', role: 'dba', target: 'shop-primary', needs: ['declare'] },
          {
            id: 'promote',
            do: 'postgres.promote',
            role: 'dba',
            target: 'shop-standby',
            needs: ['fence'],
            approve: true,
          },
          {
            id: 'rows',
            do: 'sql.check',
            role: 'dba',
            target: 'shop-standby',
            queries: ['select count(*) = 1000 from orders'],
            needs: ['promote'],
          },
          {
            id: 'dns',
            do: 'dns.update',
            role: 'ops',
            record: 'shop.example.org',
            value: addresses.after,
            needs: ['rows'],
          },
          { id: 'verify', do: 'http.check', role: 'ops', url, needs: ['dns'] },
        ],
      },
    },
  };
}
