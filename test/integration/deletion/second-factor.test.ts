import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Person } from '../../../policy/resolved.ts';
import { sign } from '../../../repository/signing.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import {
  type RequestKind,
  requestNamespace,
  requestText,
  type SignedRequest,
} from '../../../workflows/contract-request.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { type Orchestra, startOrchestra } from '../../support/orchestra.ts';
import { makeSecurityKey, type SecurityKey } from '../../support/security-key.ts';
import { failureOf } from '../../support/stage.ts';
import { cancel, idOf, openVault, reaching, type Vault } from '../../support/vault.ts';

let vault: Vault;
let orchestra: Orchestra;
let old: { source: string; backupId: string };
const token = makeSecurityKey();
let plain: Awaited<ReturnType<typeof makeSshKey>>;
let people: Person[];
let count = 0;

beforeAll(async () => {
  [vault, orchestra, plain] = await Promise.all([openVault(), startOrchestra(['fra', 'ams']), makeSshKey()]);
  const [first] = await vault.fill([idOf(1), idOf(2)]);
  if (first === undefined) throw new Error('no backup was made');
  old = first;
  people = vault.policy.people.map((person) =>
    person.name === 'dba-1' ? { ...person, sshKeys: [token.publicKey, plain.publicKey] } : person,
  );
});

afterAll(async () => {
  await orchestra?.close();
  await vault?.close();
});

type About = { kind: RequestKind; subject: string; by: string; at: string; workflowId: string };

/** A request as it should be, but for the changes. */
async function requestOf(
  about: Omit<About, 'by' | 'at'>,
  {
    key = token,
    flags = 1,
    by = 'dba-1',
    at = new Date().toISOString(),
    ...changes
  }: Partial<About> & {
    key?: SecurityKey | { privateKey: string };
    flags?: number;
  } = {},
): Promise<SignedRequest> {
  const text = requestText({ ...about, by, at, ...changes });
  const signature =
    'privateKey' in key
      ? await inDirectory((directory) =>
          sign(Buffer.from(text), key.privateKey, { directory, namespace: requestNamespace }),
        )
      : key.sign(text, { namespace: requestNamespace, flags });
  return { by, at, signature };
}

const subject = () => `${old.source}/${old.backupId}`;

/** Starts a deletion that wants a second factor. */
async function ask(request: SignedRequest | undefined, workflowId: string) {
  return orchestra.client.workflow.start<Workflows['deletion']>(workflowTypes.deletion, {
    workflowId,
    taskQueue: taskQueueOf('fra'),
    args: [
      vault.input([old], {
        people,
        rule: { ...vault.policy.deletion, secondFactor: true },
        ...(request === undefined ? {} : { request }),
      }),
    ],
  });
}

const newId = (): string => {
  count += 1;
  return `deletion/second-${count}`;
};

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe('a request with a second factor', () => {
  it('starts a deletion when a security key was touched for it', async () => {
    const workflowId = newId();
    const request = await requestOf({ kind: 'deletion', subject: subject(), workflowId });
    const handle = await ask(request, workflowId);
    await reaching(handle, 'waiting for approvals');
    await cancel(handle, { by: 'dba-2', reason: 'end of the test' });
    await handle.result();
  });

  it.each<[string, Parameters<typeof requestOf>[1] | null, string]>([
    ['that is missing', null, 'wants a second factor'],
    ['by a plain key', {}, 'which can be copied'],
    ['that nobody touched the key for', { flags: 0 }, 'Nobody touched the security key'],
    ["by a stranger's security key", { key: makeSecurityKey() }, 'is not one of dba-1'],
    ['in the name of somebody else', { by: 'dba-2' }, 'who may not sign it'],
    [
      'about another backup',
      { subject: 'shop/20261102T010000Z-1a2b3c4d' },
      'does not fit what was to be signed',
    ],
    ['for another kind of run', { kind: 'restore' }, 'does not fit what was to be signed'],
    ['for another run', { workflowId: 'deletion/other' }, 'does not fit what was to be signed'],
    ['that is too old', { at: minutesAgo(16) }, 'more than 15 minutes before'],
    ['from the future', { at: minutesAgo(-16) }, 'more than 15 minutes after'],
    ['without a time', { at: 'now' }, 'does not say when'],
  ])('%s is refused, and recorded', async (what, changes, sentence) => {
    const workflowId = newId();
    const withKey = what === 'by a plain key' ? { key: plain } : changes;
    const request =
      withKey === null
        ? undefined
        : await requestOf({ kind: 'deletion', subject: subject(), workflowId }, withKey);
    const failure = await failureOf((await ask(request, workflowId)).result());
    expect(failure).toEqual({ code: 'authentication-failed', sentence: expect.stringContaining(sentence) });
    const refused = (await vault.audited()).filter(({ action }) => action === 'request.refused');
    expect(refused.at(-1)).toMatchObject({ subject: subject(), reason: expect.stringContaining(sentence) });
  });

  it('starts one run and no other', async () => {
    const workflowId = newId();
    const request = await requestOf({ kind: 'deletion', subject: subject(), workflowId });
    const first = await ask(request, workflowId);
    await reaching(first, 'waiting for approvals');
    await cancel(first, { by: 'dba-2', reason: 'end of the test' });
    await first.result();
    const failure = await failureOf((await ask(request, workflowId)).result());
    expect(failure.sentence).toContain('has started another run before');
  });

  it('is asked of a restore', async () => {
    const restore = async (workflowId: string, request?: SignedRequest) => {
      const handle = await orchestra.client.workflow.start<Workflows['restore']>(workflowTypes.restore, {
        workflowId,
        taskQueue: taskQueueOf('fra'),
        args: [
          {
            backup: old,
            zone: 'fra',
            candidates: [],
            signers: [],
            keys: [],
            keep: 0,
            secondFactor: people.filter(({ name }) => name === 'dba-1'),
            ...(request === undefined ? {} : { request }),
          },
        ],
      });
      return failureOf(handle.result());
    };
    expect(await restore('restore/one')).toMatchObject({ code: 'authentication-failed' });
    const request = await requestOf({ kind: 'restore', subject: subject(), workflowId: 'restore/two' });
    expect(await restore('restore/two', request)).toMatchObject({ code: 'not-found' });
  });

  it('is asked of a backup that a person starts, and not of one that a Schedule starts', async () => {
    const plan = vault.policy.plans['shop-daily'];
    if (plan === undefined) throw new Error('no plan');
    const input = {
      plan: { ...plan, secondFactor: people.filter(({ name }) => name === 'dba-1') },
    };
    const backup = async (workflowId: string, request?: SignedRequest) => {
      const handle = await orchestra.client.workflow.start<Workflows['backup']>(workflowTypes.backup, {
        workflowId,
        taskQueue: taskQueueOf('fra'),
        args: [{ ...input, ...(request === undefined ? {} : { request }) }],
      });
      return handle;
    };
    expect(await failureOf((await backup('backup/one')).result())).toMatchObject({
      code: 'authentication-failed',
    });
    // There is no database: a run that is let in fails later, for another reason.
    const request = await requestOf({ kind: 'backup', subject: 'shop-daily', workflowId: 'backup/two' });
    const admitted = await backup('backup/two', request);
    await expectPreflight(admitted.workflowId);
    const schedule = await orchestra.client.schedule.create({
      scheduleId: 'second-factor',
      spec: {},
      action: {
        type: 'startWorkflow',
        workflowType: workflowTypes.backup,
        taskQueue: taskQueueOf('fra'),
        workflowId: 'backup/scheduled',
        args: [input],
      },
    });
    await schedule.trigger();
    await eventually(async () => {
      const [action] = (await schedule.describe()).info.recentActions;
      await expectPreflight(action?.action.workflow.workflowId ?? '');
    }, 60);
    await schedule.delete();
  });
});

/** Waits until a run has come to ask for its source, and ends it. */
async function expectPreflight(workflowId: string): Promise<void> {
  const handle = orchestra.client.workflow.getHandle(workflowId);
  await eventually(async () => {
    const { events } = await handle.fetchHistory();
    const types = (events ?? []).map(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name,
    );
    expect(types).toContain('preflight');
  }, 60);
  await handle.terminate();
}
