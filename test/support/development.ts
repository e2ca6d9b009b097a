import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Client } from 'pg';
import type { ResolvedPlan, ResolvedRepository } from '../../policy/resolved.ts';
import type { ResolvedRefresh } from '../../policy/resolved-proof.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { eventually, type PostgresServer, postgresBin, startPostgres } from '../../tools/servers/index.ts';
import type { Workflows } from '../../workflows/contract.ts';
import type { RefreshInput } from '../../workflows/contract-refresh.ts';
import { pathsBelow } from './files.ts';
import { sql, sqlFile } from './postgres-trip.ts';
import { openStage, type Stage } from './stage.ts';

/** A live database of customers with a backup of it, and a place for a development database `shop_dev` made of it. */
export type Development = {
  stage: Stage;
  postgres: PostgresServer;
  plan: ResolvedPlan;
  backupId: string;
  /** The plan's one repository. */
  local: Extract<ResolvedRepository, { kind: 'filesystem' }>;
  input(changes?: Partial<ResolvedRefresh>, more?: Partial<RefreshInput>): RefreshInput;
  /** E-mail addresses in the development database. */
  addresses(): Promise<string[]>;
  /** Whether somebody with this name, and a password like it, can connect to a database. */
  connects(user: string, database: string): Promise<boolean>;
  databases(): Promise<string[]>;
  /** A file of a backup in the plan's directory. */
  fileOf(backupId: string, name: string): Promise<string>;
  /** Starts a refresh that stands still once its scratch database is made: without a comment, and so before it is closed. */
  whileMade<T>(body: (made: string, run: WorkflowHandle<Workflows['refresh']>) => Promise<T>): Promise<T>;
  /** Ends the worker of this process, for one that a test kills. */
  rest(): Promise<void>;
  close(): Promise<void>;
};

const role = 'holdfast_scratch';
const roleSql = new URL('../../docs/sql/scratch-role.sql', import.meta.url).pathname;

export async function openDevelopment(): Promise<Development> {
  process.env.HOLDFAST_POSTGRES_BIN = postgresBin(15);
  const [stage, postgres] = await Promise.all([openStage([]), startPostgres({ major: 15 })]);
  const playing = await stage.orchestra.play('fra');
  const { lab } = stage;
  await sql(
    postgres,
    'postgres',
    `create role developers login password 'developers'; create role stranger login password 'stranger'`,
  );
  await sql(postgres, 'postgres', 'create database shop');
  await sql(
    postgres,
    'shop',
    `create table customers (id int primary key, email text not null);
     insert into customers select i, format('real-%s@customers.example', i) from generate_series(1, 40) i;
     create table diary (page text); insert into diary values ('hidden');
     alter table diary enable row level security; alter table diary force row level security;
     create table events as select i as id, 'real' as what from generate_series(1, 2000) i`,
  );
  await sqlFile(postgres, 'postgres', roleSql, { role, owner: 'developers' });
  await sql(postgres, 'postgres', `alter role ${role} password 'scratch'`);
  const password = join(lab.directory, 'password-scratch');
  await writeFile(password, 'scratch', { mode: 0o600 });
  const directory = async (name: string) => ({
    kind: 'filesystem',
    path: await lab.repositoryPath(name),
    zone: 'fra',
    keepFree: '1MiB',
  });
  const { plans, refreshes } = await stage.apply({
    repositories: { local: await directory('local'), audit: await directory('audit') },
    audit: { repository: 'audit' },
    sources: { shop: { ...(await labSource(lab, postgres, 'shop')), fingerprint: 'checksums' } },
    scratchServers: {
      development: {
        zone: 'fra',
        host: postgres.host,
        port: postgres.port,
        user: role,
        password: { file: password },
        ssl: 'prefer',
      },
    },
    refreshes: {
      'shop-dev': {
        plan: 'shop-daily',
        server: 'development',
        database: 'shop_dev',
        owner: 'developers',
        trim: ['delete from events where id <= (select max(id) - 500 from events)'],
        mask: [`update customers set email = format('masked-%s@invalid', id)`],
        verify: [`select count(*) = 0 from customers where email like 'real%'`],
      },
    },
    plans: { 'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local'] } },
  });
  const plan = plans['shop-daily'];
  const declared = refreshes['shop-dev'];
  const local = plan?.copies[0];
  if (plan === undefined || declared === undefined || local?.kind !== 'filesystem')
    throw new Error('the lab has no plan in a directory, or no refresh');
  const { backupId } = await stage.execute('backup', { plan });
  const query = async (database: string, text: string, column: string): Promise<string[]> =>
    (await sql(postgres, database, text)).flatMap((row) =>
      typeof row === 'object' && row !== null ? [String(Reflect.get(row, column))] : [],
    );
  const input: Development['input'] = (changes = {}, more = {}) => ({
    refresh: { ...declared, ...changes },
    ...(plan.audit === undefined ? {} : { audit: plan.audit }),
    signingKeys: plan.signingKeys,
    ...more,
  });
  const databases = () => query('postgres', 'select datname from pg_database order by 1', 'datname');
  return {
    stage,
    postgres,
    plan,
    backupId,
    local,
    input,
    whileMade: async (body) => {
      const holding = new Client({ connectionString: postgres.url('postgres') });
      await holding.connect();
      await holding.query('begin; lock table pg_shdescription in exclusive mode');
      try {
        const run = await stage.start('refresh', input());
        const made = await eventually(async () => {
          const scratch = (await databases()).find((name) => name.startsWith('holdfast_'));
          if (scratch === undefined) throw new Error('there is no scratch database yet');
          return scratch;
        }, 60);
        return await body(made, run);
      } finally {
        await holding.end();
      }
    },
    addresses: () => query('shop_dev', 'select email from customers order by id', 'email'),
    connects: async (user, database) => {
      const client = new Client({ host: postgres.host, port: postgres.port, user, password: user, database });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    databases,
    fileOf: async (backupId, name) => {
      const path = await lab.repositoryPath('local');
      const [file] = (await pathsBelow(path, backupId)).filter((each) => each.endsWith(`/${name}`));
      if (file === undefined) throw new Error(`${backupId} has no ${name}`);
      return join(path, file);
    },
    rest: () => playing.stop(),
    close: async () => {
      await Promise.all([stage.close(), postgres.stop()]);
    },
  };
}
