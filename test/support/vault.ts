import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { newRunId } from '../../cli/approvals.ts';
import { deletionInput } from '../../cli/deletions.ts';
import type { ResolvedPolicy, ResolvedRepository } from '../../policy/resolved.ts';
import { keyOf, markRepository, openStore, sign } from '../../repository/index.ts';
import { type Marker, markerName } from '../../repository/markers.ts';
import type { Store } from '../../repository/store.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, labBucket, openLab } from '../../tools/lab/lab.ts';
import { putPastBackup } from '../../tools/lab/past.ts';
import {
  eventually,
  type FaultProxy,
  type S3Server,
  startFaultProxy,
  startSeaweedfs,
} from '../../tools/servers/index.ts';
import { progressQuery, taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import {
  type Answer,
  type Approval,
  approveMessage,
  type Cancellation,
  cancelMessage,
} from '../../workflows/contract-approval.ts';
import {
  approvalNamespace,
  type DeletionInput,
  type DeletionPhase,
  type DeletionProgress,
} from '../../workflows/contract-deletion.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { approvalText } from '../../workflows/deletion-text.ts';
import { pathsBelow } from './files.ts';
import { inDirectory } from './keys.ts';
import { manifestFileBytes, manifestOf } from './manifests.ts';

export type Deletion = WorkflowHandle<Workflows['deletion']>;

/** Repositories with real, signed backups in them, and people who may ask for their deletion and approve it. */
export type Vault = {
  lab: Lab;
  s3: S3Server;
  /** In front of the bucket `offsite`. */
  proxy: FaultProxy;
  policy: ResolvedPolicy;
  repository(name: string): ResolvedRepository;
  /** Opens a repository, as the tests themselves look into it. */
  inside<T>(name: string, work: (store: Store) => Promise<T>): Promise<T>;
  /** Makes backups of the source `shop`, in every repository unless told otherwise; the oldest first. */
  fill(backupIds: readonly string[], repositories?: readonly string[]): Promise<BackupRef[]>;
  mark(repository: string, backup: BackupRef, marker: Marker): Promise<void>;
  /** Keys of everything that a repository still holds of a backup. */
  left(repository: string, backup: BackupRef): Promise<string[]>;
  input(backups: BackupRef[], changes?: Partial<DeletionInput>): DeletionInput;
  request(client: Client, backups: BackupRef[], changes?: Partial<DeletionInput>): Promise<Deletion>;
  /** A person's approval of what a run shows, signed with their key. */
  approval(
    name: string,
    state: DeletionProgress,
    changes?: { workflowId?: string; hash?: string },
  ): Promise<Approval>;
  /** The same with any private key. */
  approvalWith(privateKey: string, name: string, state: DeletionProgress): Promise<Approval>;
  /** The private key file of a person. */
  keyOf(name: string): string;
  /** What the audit log says, in order. */
  audited(): Promise<AuditEntry[]>;
  close(): Promise<void>;
};

export type AuditEntry = {
  action: string;
  subject: string;
  person?: string;
  reason?: string;
  outcome: string;
};

/** The id of a backup of so many days after the last of October 2026. */
export function idOf(day: number, run = '1a2b3c4d'): string {
  const date = new Date(Date.UTC(2026, 9, 31 + day, 1)).toISOString();
  return `${date.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${run}`;
}

export const stateOf = (handle: Pick<WorkflowHandle, 'query'>): Promise<DeletionProgress> =>
  handle.query<DeletionProgress>(progressQuery);

/** Waits until a request has come so far; fails at once with its own words when it ends before. */
export function reaching(
  handle: Pick<WorkflowHandle, 'query'>,
  phase: DeletionPhase,
): Promise<DeletionProgress> {
  let seen: DeletionProgress | undefined;
  return eventually(
    async () => {
      seen = await stateOf(handle);
      if (seen.phase !== phase) throw new Error(`it is ${seen.phase}, and not ${phase}`);
      return seen;
    },
    60,
    () =>
      seen !== undefined && endings.has(seen.phase) && seen.phase !== phase
        ? new Error(`it is ${seen.phase}, and not ${phase}: ${seen.sentences.join(' ')}`)
        : undefined,
  );
}

const endings: ReadonlySet<DeletionPhase> = new Set(['refused', 'cancelled', 'expired', 'failed', 'deleted']);

export const approve = (handle: Deletion, approval: Approval): Promise<Answer> =>
  handle.executeUpdate<Answer, [Approval]>(approveMessage, { args: [approval] });

export const cancel = (handle: Deletion, cancellation: Cancellation): Promise<Answer> =>
  handle.executeUpdate<Answer, [Cancellation]>(cancelMessage, { args: [cancellation] });

const people: Record<string, string[]> = {
  'dba-1': ['dba', 'approver'],
  'dba-2': ['approver'],
  'dba-3': ['approver'],
  'intern-1': ['intern'],
};

export type VaultOptions = {
  /** The policy's `deletion` section. */
  rule?: Record<string, unknown>;
  /** Object lock of the bucket. */
  lock?: Record<string, unknown>;
};

export async function openVault({ rule = {}, lock }: VaultOptions = {}): Promise<Vault> {
  const [lab, s3] = await Promise.all([
    openLab(),
    startSeaweedfs({ buckets: [{ name: 'offsite', lock: true }] }),
  ]);
  const proxy = await startFaultProxy(s3.endpoint);
  const keys = new Map(
    await Promise.all(
      Object.keys(people).map(async (name) => [name, await makeSigningKey(lab.directory, name)] as const),
    ),
  );
  const { policy } = await lab.usePolicy(
    await sectionsOf(lab, s3, proxy, keys, { rule, ...(lock ? { lock } : {}) }),
  );
  const repository = (name: string) => {
    const found = policy.repositories[name];
    if (found === undefined) throw new Error(`no repository ${name}`);
    return found;
  };
  const inside: Vault['inside'] = async (name, work) => {
    const store = await openStore(repository(name));
    try {
      return await work(store);
    } finally {
      store.close();
    }
  };
  for (const name of Object.keys(policy.repositories))
    await inside(name, (store) => markRepository(store, { organization: policy.organization }));
  const privateKey = (name: string) => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`no person ${name}`);
    return key.privateFile;
  };
  const input: Vault['input'] = (backups, changes = {}) => ({
    ...deletionInput(policy, {
      zone: 'fra',
      requester: 'dba-1',
      reason: 'replaced by a better one',
      backups,
    }),
    ...changes,
  });
  return {
    lab,
    s3,
    proxy,
    policy,
    repository,
    inside,
    fill: async (backupIds, repositories = ['local', 'offsite']) => {
      const privateKey = await readFile(lab.signing.privateFile, 'utf8');
      const signer = { privateKey, signers: policy.signers, directory: lab.directory };
      const stores = await Promise.all(repositories.map((name) => openStore(repository(name))));
      const files = new Map(manifestOf().files.map(({ name }) => [name, manifestFileBytes]));
      for (const backupId of backupIds)
        await putPastBackup(stores, manifestOf({ backupId, copies: [...repositories] }), files, signer);
      for (const store of stores) store.close();
      return backupIds.map((backupId) => ({ source: 'shop', backupId }));
    },
    mark: (name, backup, marker) =>
      inside(name, async (store) => {
        await store.putIfAbsent(keyOf(backup, markerName(marker)), Buffer.from('{}\n'));
      }),
    left: (name, { source, backupId }) =>
      inside(name, async (store) => {
        const found: string[] = [];
        for await (const { key, versionId, kind } of store.listVersions(`${source}/`))
          if (key.includes(`/${backupId}/`)) found.push(`${key.split('/').at(-1)} ${versionId} ${kind}`);
        return found;
      }),
    input,
    request: (client, backups, changes) =>
      client.workflow.start<Workflows['deletion']>(workflowTypes.deletion, {
        workflowId: newRunId('deletion'),
        taskQueue: taskQueueOf('fra'),
        args: [input(backups, changes)],
      }),
    approval: async (by, state, changes) =>
      approvalBy(await readFile(privateKey(by), 'utf8'), by, state, changes),
    approvalWith: approvalBy,
    keyOf: privateKey,
    audited: () => readAudit(join(lab.directory, 'repositories', 'audit', '_audit', 'fra')),
    close: async () => {
      await proxy.stop();
      await Promise.all([s3.stop(), lab.close()]);
    },
  };
}

async function approvalBy(
  privateKey: string,
  by: string,
  state: DeletionProgress,
  changes: { workflowId?: string; hash?: string } = {},
): Promise<Approval> {
  const hash = changes.hash ?? state.list?.sha256 ?? '';
  const text = approvalText({ workflowId: changes.workflowId ?? state.workflowId, by, hash });
  const signature = await inDirectory((directory) =>
    sign(Buffer.from(text), privateKey, { directory, namespace: approvalNamespace }),
  );
  return { by, hash, signature };
}

async function sectionsOf(
  lab: Lab,
  s3: S3Server,
  proxy: FaultProxy,
  keys: Map<string, { publicFile: string }>,
  { rule, lock }: VaultOptions,
): Promise<Record<string, unknown>> {
  process.env.LAB_S3_DELETE_ACCESS_KEY_ID = s3.root.accessKeyId;
  process.env.LAB_S3_DELETE_SECRET_ACCESS_KEY = s3.root.secretAccessKey;
  const directory = async (name: string) => ({
    kind: 'filesystem',
    path: await lab.repositoryPath(name),
    zone: 'fra',
    keepFree: '1MiB',
  });
  const password = join(lab.directory, 'password');
  await writeFile(password, 'unused', { mode: 0o600 });
  const postgres = { kind: 'postgres', zone: 'fra', host: 'db.internal', database: 'shop', user: 'backup' };
  return {
    repositories: {
      local: await directory('local'),
      audit: await directory('audit'),
      offsite: labBucket({ ...s3, endpoint: proxy.endpoint }, 'offsite', {
        deleteCredentials: { env: 'LAB_S3_DELETE' },
        ...(lock === undefined ? {} : { lock }),
      }),
    },
    sources: { shop: { ...postgres, password: { file: password } } },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['local', 'offsite'] },
    },
    people: Object.fromEntries(
      Object.entries(people).map(([name, roles]) => [
        name,
        { roles, sshKeys: [keys.get(name)?.publicFile ?? ''] },
      ]),
    ),
    deletion: { approvals: 2, role: 'approver', delay: '24h', expires: '7d', ...rule },
    audit: { repository: 'audit' },
  };
}

async function readAudit(directory: string): Promise<AuditEntry[]> {
  const paths = (await pathsBelow(directory)).filter((path) => !path.startsWith('heads'));
  return Promise.all(
    paths.map(async (path) => {
      const { event } = JSON.parse(await readFile(join(directory, path), 'utf8'));
      return event;
    }),
  );
}
