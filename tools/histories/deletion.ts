import { readFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Person, ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import { sign } from '../../repository/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import { approveMessage, cancelMessage } from '../../workflows/contract-approval.ts';
import {
  approvalNamespace,
  type DeletionInput,
  type DeletionProgress,
} from '../../workflows/contract-deletion.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { approvalText } from '../../workflows/deletion-text.ts';
import { makeSigningKey } from '../lab/keys.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually } from '../servers/index.ts';

/** A request for a deletion, and what people say while it runs. */
export type RecordedDeletion = {
  name: string;
  input: DeletionInput;
  meanwhile(handle: WorkflowHandle): Promise<void>;
};

/**
 * The deletions that are recorded: one that is approved by an Update and by a Signal after others were refused, one
 * that is cancelled, one that too few approve, one that law 4 refuses.
 */
export async function recordedDeletions(
  lab: Lab,
  policy: ResolvedPolicy,
  plan: ResolvedPlan,
  { old, newest }: { old: BackupRef; newest: BackupRef },
): Promise<RecordedDeletion[]> {
  const names = ['dba-1', 'dba-2', 'dba-3'];
  const keys = new Map(
    await Promise.all(names.map(async (name) => [name, await makeSigningKey(lab.directory, name)] as const)),
  );
  const people = await Promise.all(
    names.map(
      async (name): Promise<Person> => ({
        name,
        roles: ['approver'],
        sshKeys: [await readFile(keys.get(name)?.publicFile ?? '', 'utf8')],
      }),
    ),
  );
  const approval = async (by: string, { workflowId, list }: DeletionProgress) => {
    const hash = list?.sha256 ?? '';
    const key = await readFile(keys.get(by)?.privateFile ?? '', 'utf8');
    const signed = approvalText({ workflowId, by, hash });
    const work = { directory: lab.directory, namespace: approvalNamespace };
    return { by, hash, signature: await sign(Buffer.from(signed), key, work) };
  };
  const input: DeletionInput = {
    organization: policy.organization,
    policyHash: policy.hash,
    zone: 'fra',
    requester: 'dba-1',
    reason: 'replaced by a better one',
    backups: [old],
    repositories: plan.copies,
    signers: policy.signers,
    people,
    rule: { ...policy.deletion, delay: 1, expires: 3600 },
    ...(plan.audit === undefined ? {} : { audit: plan.audit }),
  };
  const silent = async () => undefined;
  return [
    {
      name: 'deletion-cancelled',
      input,
      meanwhile: async (handle) => {
        await asked(handle);
        await handle.executeUpdate(cancelMessage, { args: [{ by: 'dba-3', reason: 'still needed' }] });
      },
    },
    { name: 'deletion-expired', input: { ...input, rule: { ...input.rule, expires: 1 } }, meanwhile: silent },
    { name: 'deletion-refused', input: { ...input, backups: [newest] }, meanwhile: silent },
    {
      name: 'deletion',
      input,
      meanwhile: async (handle) => {
        const state = await asked(handle);
        const stranger = { ...(await approval('dba-2', state)), by: 'mallory' };
        await handle.executeUpdate(approveMessage, { args: [stranger] });
        await handle.executeUpdate(approveMessage, { args: [await approval('dba-1', state)] });
        await handle.executeUpdate(approveMessage, { args: [await approval('dba-2', state)] });
        await handle.signal(approveMessage, await approval('dba-3', state));
      },
    },
  ];
}

/** Waits until a request asks for approvals. */
function asked(handle: WorkflowHandle): Promise<DeletionProgress> {
  return eventually(async () => {
    const state = await handle.query<DeletionProgress>(progressQuery);
    if (state.phase !== 'waiting for approvals') throw new Error(`it is ${state.phase}`);
    return state;
  }, 60);
}
