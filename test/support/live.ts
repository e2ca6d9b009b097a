import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { PolicyCommand, SwitchRule } from '../../policy/resolved-proof.ts';
import { sign } from '../../repository/index.ts';
import { type KeyFiles, makeSigningKey } from '../../tools/lab/keys.ts';
import { labSource } from '../../tools/lab/lab.ts';
import { eventually, type PostgresServer, postgresBin, startPostgres } from '../../tools/servers/index.ts';
import { progressQuery, type Workflows } from '../../workflows/contract.ts';
import { type Answer, type Approval, approveMessage } from '../../workflows/contract-approval.ts';
import {
  type SwitchInput,
  type SwitchPhase,
  type SwitchProgress,
  switchNamespace,
} from '../../workflows/contract-switch.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { switchApprovalText } from '../../workflows/switch-text.ts';
import { inDirectory } from './keys.ts';
import { sql, sqlFile } from './postgres-trip.ts';
import { openStage, type Stage } from './stage.ts';

export type Switch = WorkflowHandle<Workflows['switchInto']>;

/** A live database `shop` with 100 orders, a backup of it, 50 orders more, and people who may switch the backup in. */
export type Live = {
  stage: Stage;
  postgres: PostgresServer;
  plan: ResolvedPlan;
  backup: BackupRef;
  /** What the commands `quiesce` and `resume` of the rule have written, line by line. */
  steps(): Promise<string[]>;
  /** The private key file of a person. */
  keyOf(name: string): string;
  /** A command that writes a line, and then runs a script. */
  command(line: string, script?: string): PolicyCommand;
  input(changes?: { rule?: Partial<SwitchRule> } & Partial<Omit<SwitchInput, 'rule'>>): SwitchInput;
  start(changes?: Parameters<Live['input']>[0]): Promise<Switch>;
  approval(by: string, state: SwitchProgress, changes?: { namespace?: string }): Promise<Approval>;
  /** Rows of the table in the database of that name. */
  orders(database?: string): Promise<number>;
  databases(): Promise<string[]>;
  /** Ends the worker of this process, for one that a test kills. */
  rest(): Promise<void>;
  close(): Promise<void>;
};

const switchRole = 'holdfast_switch';
const roleSql = new URL('../../docs/sql/switch-role.sql', import.meta.url).pathname;

const filled = `
  create role shop_owner; create role app login password 'app'; create role stranger login password 'stranger';
  alter database shop owner to shop_owner;
  revoke connect on database shop from public; grant connect on database shop to app;
  alter database shop connection limit 40;
  alter database shop set search_path to "$user", public, sales;
  alter database shop set statement_timeout to '30s';
  alter role app in database shop set application_name to 'shop, the app';
  comment on database shop is 'The shop''s own';
  set role shop_owner;
  create table orders as select i as id from generate_series(1, 100) i;
  grant select, insert on orders to app;`;

export async function openLive({
  major = 15,
  stage: given,
}: {
  major?: 15 | 16 | 18;
  /** Used and left open; absent: one of its own. */
  stage?: Stage;
} = {}): Promise<Live> {
  process.env.HOLDFAST_POSTGRES_BIN = ([15, 16, 18] as const).map(postgresBin).join(':');
  const [stage, postgres] = await Promise.all([
    given ?? openStage([]),
    startPostgres({ major, settings: { max_prepared_transactions: '5' } }),
  ]);
  const { lab } = stage;
  const playing = given === undefined ? await stage.orchestra.play('fra') : undefined;
  await sql(postgres, 'postgres', 'create database shop');
  await sql(postgres, 'shop', filled);
  await sqlFile(postgres, 'shop', roleSql, { role: switchRole });
  await sql(postgres, 'postgres', `alter role ${switchRole} password 'switch'`);
  const password = join(lab.directory, 'password-switch');
  await writeFile(password, 'switch', { mode: 0o600 });
  const keys = await keysIn(await mkdtemp(join(lab.directory, 'people-')));
  const log = join(lab.directory, 'steps');
  await writeFile(log, '');
  const command: Live['command'] = (line, script = '') => ({
    run: ['sh', '-c', `echo "${line} $HOLDFAST_STEP $HOLDFAST_DATABASE" >> ${log}; ${script}`],
    timeout: 20,
    secrets: {},
  });
  const policy = await stage.apply({
    people: Object.fromEntries(
      Object.entries(roles).map(([name, own]) => [name, { roles: own, sshKeys: [keys[name]?.publicFile] }]),
    ),
    repositories: {
      local: {
        kind: 'filesystem',
        path: await lab.repositoryPath(`local-${major}`),
        zone: 'fra',
        keepFree: '1MiB',
      },
      audit: {
        kind: 'filesystem',
        path: await lab.repositoryPath(`audit-${major}`),
        zone: 'fra',
        keepFree: '1MiB',
      },
    },
    audit: { repository: 'audit' },
    sources: {
      shop: {
        ...(await labSource(lab, postgres, 'shop')),
        fingerprint: 'checksums',
        switch: {
          user: switchRole,
          password: { file: password },
          quiesce: { run: command('stopped').run, timeout: '20s' },
          resume: { run: command('started').run, timeout: '20s' },
        },
      },
    },
    plans: { 'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local'] } },
  });
  const plan = policy.plans['shop-daily'];
  if (plan?.source.switch === undefined) throw new Error('the lab has no plan whose source can be switched');
  const { source } = plan;
  const declared = plan.source.switch;
  const made = await stage.execute('backup', { plan });
  const backup = { source: 'shop', backupId: made.backupId };
  await sql(postgres, 'shop', 'insert into orders select generate_series(101, 150)');
  const input: Live['input'] = ({ rule = {}, ...changes } = {}) => ({
    organization: policy.organization,
    backup,
    source,
    rule: { ...declared, ...rule },
    zone: 'fra',
    candidates: plan.copies,
    signers: policy.signers,
    keys: [plan.key],
    people: policy.people,
    person: 'dba-1',
    reason: 'a deploy deleted rows',
    ...(plan.audit === undefined ? {} : { audit: plan.audit }),
    signingKeys: policy.signingKeys,
    ...changes,
  });
  return {
    stage,
    postgres,
    plan,
    backup,
    command,
    input,
    steps: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    keyOf: (name) => keys[name]?.privateFile ?? '',
    start: (changes) => stage.start('switchInto', input(changes)),
    approval: async (by, { workflowId, hash }, { namespace = switchNamespace } = {}) => {
      const key = await readFile(keys[by]?.privateFile ?? '', 'utf8');
      const text = switchApprovalText({ workflowId, by, hash: hash ?? '' });
      const signature = await inDirectory((directory) =>
        sign(Buffer.from(text), key, { directory, namespace }),
      );
      return { by, hash: hash ?? '', signature };
    },
    orders: async (database = 'shop') =>
      (await sql(postgres, database, 'select id from public.orders')).length,
    rest: async () => playing?.stop(),
    databases: async () => {
      const rows = await sql(postgres, 'postgres', 'select datname as name from pg_database order by 1');
      return rows.flatMap((row) =>
        typeof row === 'object' && row !== null && 'name' in row ? [String(row.name)] : [],
      );
    },
    close: async () => {
      await Promise.all([given === undefined ? stage.close() : undefined, postgres.stop()]);
    },
  };
}

const roles: Record<string, string[]> = {
  'dba-1': ['dba'],
  'dba-2': ['dba'],
  'dba-3': ['dba'],
  'intern-1': ['intern'],
};

async function keysIn(directory: string): Promise<Record<string, KeyFiles>> {
  const names = Object.keys(roles);
  const files = await Promise.all(names.map((name) => makeSigningKey(directory, name)));
  return Object.fromEntries(
    names.flatMap((name, index) => (files[index] === undefined ? [] : [[name, files[index]]])),
  );
}

const endings: ReadonlySet<SwitchPhase> = new Set(['done', 'failed', 'refused', 'cancelled', 'expired']);

/** Waits until a switch has come so far; fails at once with its own words when it ends before. */
export function switchReaching(handle: Switch, phase: SwitchPhase): Promise<SwitchProgress> {
  let seen: SwitchProgress | undefined;
  return eventually(
    async () => {
      seen = await handle.query<SwitchProgress>(progressQuery);
      if (seen.phase !== phase) throw new Error(`it is ${seen.phase}, and not ${phase}`);
      return seen;
    },
    60,
    () =>
      seen !== undefined && endings.has(seen.phase) && seen.phase !== phase
        ? new Error(`it is ${seen.phase}, and not ${phase}: ${seen.notes.join(' ')}`)
        : undefined,
  );
}

export const approveSwitch = (handle: Switch, approval: Approval): Promise<Answer> =>
  handle.executeUpdate<Answer, [Approval]>(approveMessage, { args: [approval] });

/** Waits for the question, and lets one person approve. */
export async function approvedBy(live: Live, handle: Switch, by = 'dba-2'): Promise<SwitchProgress> {
  const state = await switchReaching(handle, 'waiting for approvals');
  await approveSwitch(handle, await live.approval(by, state));
  return state;
}
