import { Client } from 'pg';
import type { LoadedPolicy } from '../../policy/index.ts';
import { type Lab, labSource } from '../lab/lab.ts';
import type { PostgresServer } from '../servers/index.ts';

/** A plan of one small database, in two repositories of two zones, with an audit log: what most histories are of. */
export async function preparePolicy(place: Lab, server: PostgresServer): Promise<LoadedPolicy> {
  const database = new Client({ connectionString: server.url('postgres') });
  await database.connect();
  await database.query('create table orders as select i as id from generate_series(1, 100) i');
  await database.end();
  return place.usePolicy({
    repositories: {
      local: { kind: 'filesystem', path: await place.repositoryPath('local'), zone: 'fra', keepFree: '1MiB' },
      second: {
        kind: 'filesystem',
        path: await place.repositoryPath('second'),
        zone: 'ams',
        keepFree: '1MiB',
      },
      log: { kind: 'filesystem', path: await place.repositoryPath('log'), zone: 'fra', keepFree: '1MiB' },
    },
    audit: { repository: 'log' },
    sources: { shop: await labSource(place, server, 'postgres') },
    plans: {
      daily: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local', 'second'] },
    },
  });
}
