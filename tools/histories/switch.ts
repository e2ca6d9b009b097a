import { readFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { Client as Database } from 'pg';
import type { Person, ResolvedPlan, ResolvedPolicy, SecretRef } from '../../policy/resolved.ts';
import type { PolicyCommand, ResolvedRefresh } from '../../policy/resolved-proof.ts';
import { sign } from '../../repository/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import { approveMessage, cancelMessage } from '../../workflows/contract-approval.ts';
import type { RefreshInput } from '../../workflows/contract-refresh.ts';
import { type SwitchInput, type SwitchProgress, switchNamespace } from '../../workflows/contract-switch.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { switchApprovalText } from '../../workflows/switch-text.ts';
import { makeSigningKey } from '../lab/keys.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually, type PostgresServer } from '../servers/index.ts';

/** A database that may be replaced, and the plan that backs it up. */
export async function replaceablePlan(server: PostgresServer, plan: ResolvedPlan): Promise<ResolvedPlan> {
  const database = new Database({ connectionString: server.url('postgres') });
  await database.connect();
  for (const text of ['create database replaceable', 'create role developers']) await database.query(text);
  await database.end();
  return { ...plan, name: 'replaceable-daily', source: { ...plan.source, database: 'replaceable' } };
}

export type RecordedSwitch = {
  name: string;
  input: SwitchInput;
  meanwhile(handle: WorkflowHandle): Promise<void>;
};

const command = (run: string[]): PolicyCommand => ({ run, timeout: 10, secrets: {} });

/** One that is approved after a refusal, one whose services do not stop, one that is cancelled, one that expires. */
export async function recordedSwitches(
  lab: Lab,
  policy: ResolvedPolicy,
  plan: ResolvedPlan,
  backup: BackupRef,
): Promise<RecordedSwitch[]> {
  const { privateFile, publicFile } = await makeSigningKey(lab.directory, 'switcher');
  const people: Person[] = [
    { name: 'dba-1', roles: ['dba'], sshKeys: [] },
    { name: 'dba-2', roles: ['dba'], sshKeys: [await readFile(publicFile, 'utf8')] },
  ];
  const { user, password } = plan.source;
  const input: SwitchInput = {
    organization: policy.organization,
    backup,
    source: plan.source,
    rule: {
      user,
      ...(password === undefined ? {} : { password }),
      approvals: 1,
      role: 'dba',
      signatures: 'signed',
      expires: 3600,
      quiesce: command(['true']),
      resume: command(['true']),
    },
    zone: 'fra',
    candidates: plan.copies,
    signers: policy.signers,
    keys: [plan.key],
    people,
    person: 'dba-1',
    reason: 'rows are gone',
    ...(plan.audit === undefined ? {} : { audit: plan.audit }),
  };
  const approve = async (handle: WorkflowHandle) => {
    const { workflowId, hash } = await asked(handle);
    const by = 'dba-2';
    const text = switchApprovalText({ workflowId, by, hash: hash ?? '' });
    const work = { directory: lab.directory, namespace: switchNamespace };
    const signature = await sign(Buffer.from(text), await readFile(privateFile, 'utf8'), work);
    await handle.executeUpdate(approveMessage, { args: [{ by: 'dba-1', hash, signature }] });
    await handle.executeUpdate(approveMessage, { args: [{ by, hash, signature }] });
  };
  return [
    {
      name: 'switch-undone',
      input: { ...input, rule: { ...input.rule, quiesce: command(['false']) } },
      meanwhile: approve,
    },
    {
      name: 'switch-cancelled',
      input,
      meanwhile: async (handle) => {
        await asked(handle);
        await handle.signal(cancelMessage, { by: 'dba-2', reason: 'the rows were found' });
      },
    },
    {
      name: 'switch-expired',
      input: { ...input, rule: { ...input.rule, expires: 1 } },
      meanwhile: async () => undefined,
    },
    { name: 'switch', input: { ...input, signingKeys: policy.signingKeys }, meanwhile: approve },
  ];
}

/** Waits until a switch asks for approvals. */
function asked(handle: WorkflowHandle): Promise<SwitchProgress> {
  return eventually(async () => {
    const state = await handle.query<SwitchProgress>(progressQuery);
    if (state.phase !== 'waiting for approvals') throw new Error(`it is ${state.phase}`);
    return state;
  }, 60);
}

/** One refresh that is made, and backed up afterwards, and one whose masking is not complete. */
export function recordedRefreshes(
  server: PostgresServer,
  policy: ResolvedPolicy,
  plan: ResolvedPlan,
): { name: string; input: RefreshInput }[] {
  const { user, password } = plan.source;
  const secret: { password?: SecretRef } = password === undefined ? {} : { password };
  const refresh: ResolvedRefresh = {
    name: 'dev',
    plan: plan.name,
    source: plan.source.name,
    server: {
      name: 'development',
      zone: 'fra',
      host: server.host,
      port: server.port,
      user,
      ...secret,
      ssl: { mode: 'prefer' },
    },
    database: 'dev',
    owner: 'developers',
    trim: [],
    mask: ['create table masked (id int)'],
    verify: ['select true'],
    candidates: plan.copies,
    keys: [plan.key],
    signers: policy.signers,
    jobs: 1,
  };
  const { signingKeys } = policy;
  const recorded = plan.audit === undefined ? {} : { audit: plan.audit };
  const after = { ...plan, name: 'dev-daily', source: { ...plan.source, database: 'dev' } };
  return [
    { name: 'refresh', input: { refresh, followedBy: after, person: 'dba-1', signingKeys, ...recorded } },
    { name: 'refresh-picked', input: { refresh: { ...refresh, provenWithin: 7 * 86_400 }, ...recorded } },
    { name: 'refresh-failed', input: { refresh: { ...refresh, verify: ['select false'] }, ...recorded } },
  ];
}
