import { readFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Person, ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedStep, StepAction, StepCommon } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { sign } from '../../repository/index.ts';
import { progressQuery } from '../../workflows/contract.ts';
import type { FailoverInput, FailoverProgress, StepProgress } from '../../workflows/contract-failover.ts';
import {
  failoverNamespace,
  type ProtectInput,
  releaseSignal,
  wantedSignal,
} from '../../workflows/contract-failover-messages.ts';
import { declarationText, messageText } from '../../workflows/failover/text.ts';
import { makeSigningKey } from '../lab/keys.ts';
import type { Lab } from '../lab/lab.ts';
import { eventually } from '../servers/index.ts';
import { recordedMessages } from './messages.ts';

export type RecordedFailover = {
  name: string;
  input: FailoverInput;
  meanwhile(handle: WorkflowHandle): Promise<void>;
};

const command = (run: string[]): PolicyCommand => ({ run, timeout: 10, secrets: {} });

function step(
  id: string,
  action: StepAction,
  needs: string[] = [],
  more: Partial<StepCommon> = {},
): ResolvedStep {
  return {
    id,
    phase: 'execute',
    role: 'dba',
    needs,
    zone: 'fra',
    approve: false,
    say: '',
    timeout: 20,
    remind: 900,
    ...more,
    ...action,
  };
}

/** One that is approved and passes with exceptions, one that is stopped and undone, rehearsals, and one that is refused. */
export async function recordedFailovers(
  lab: Lab,
  policy: ResolvedPolicy,
  plan: ResolvedPlan,
): Promise<RecordedFailover[]> {
  const { privateFile, publicFile } = await makeSigningKey(lab.directory, 'who-approves');
  const commander = await makeSigningKey(lab.directory, 'who-declares');
  const people: Person[] = [
    {
      name: 'commander-1',
      roles: ['incident-commander'],
      sshKeys: [await readFile(commander.publicFile, 'utf8')],
    },
    { name: 'dba-2', roles: ['dba'], sshKeys: [await readFile(publicFile, 'utf8')] },
  ];
  const promote: StepAction = { do: 'command', command: command(['true']), undo: command(['true']) };
  const steps = [
    step('fence', { do: 'command', command: command(['true']), check: command(['true']) }),
    step('backups', { do: 'backups.verify', plans: [{ ...plan, name: 'weekly' }], tested: 1 }),
    step('promote', promote, ['fence', 'backups'], { approve: true }),
    step('tell', { do: 'notify', severity: 'info', roles: [] }, ['promote']),
    step('settle', { do: 'wait', seconds: 1 }, ['promote']),
    step('cdn', { do: 'manual' }, ['tell', 'settle']),
  ];
  const runbook: FailoverInput['runbook'] = {
    format: 1,
    name: 'shop-failover',
    version: 'a'.repeat(64),
    policyHash: policy.hash,
    organization: policy.organization,
    timezone: 'Europe/Amsterdam',
    say: '',
    class: 'major',
    tier: { name: 'critical', rpo: 3600, rto: 3600 },
    lost: [],
    zone: 'fra',
    protects: ['shop'],
    commander: 'incident-commander',
    signatures: { real: 'signed', drill: 'named' },
    cooldown: 1,
    drills: [],
    steps,
  };
  const { audit, signers } = plan;
  const input: FailoverInput = {
    organization: policy.organization,
    runbook,
    mode: 'real',
    person: 'commander-1',
    reason: 'the primary is gone',
    people,
    repositories: plan.copies,
    signers,
    signingKeys: policy.signingKeys,
    ...(audit === undefined ? {} : { audit }),
  };
  const work = { directory: lab.directory, namespace: failoverNamespace };
  const signed = async (
    run: FailoverProgress,
    name: 'approve' | 'complete' | 'skip',
    said: { by: string },
  ) => {
    const text = Buffer.from(messageText(run, name, said));
    return { ...said, signature: await sign(text, await readFile(privateFile, 'utf8'), work) };
  };
  const declared = async (workflowId: string): Promise<FailoverInput> => {
    const at = new Date().toISOString();
    const text = Buffer.from(declarationText(input, { workflowId, at }));
    const signature = await sign(text, await readFile(commander.privateFile, 'utf8'), work);
    return { ...input, declaration: { at, signature } };
  };
  const by = 'dba-2';
  const passOver = async (handle: WorkflowHandle) => {
    // No backup was proven within the last second, and so it asks.
    const { run } = await waiting(handle, 'backups', 'decision');
    const skip = { by, step: 'backups', reason: 'the standby is there' };
    await handle.executeUpdate('skip', { args: [await signed(run, 'skip', skip)] });
  };
  const rehearsed = { ...input, drill: { owner: by, expect: ['It passes'], inject: [] } };
  return [
    {
      name: 'failover',
      input: await declared('record/failover'),
      meanwhile: async (handle) => {
        await passOver(handle);
        const { run, hash } = await waiting(handle, 'promote', 'approval');
        const approval = { by, step: 'promote', hash: hash ?? '' };
        await handle.executeUpdate('approve', {
          args: [{ ...approval, by: 'commander-1', signature: 'none' }],
        });
        await handle.executeUpdate('approve', { args: [await signed(run, 'approve', approval)] });
        await waiting(handle, 'cdn', 'deed');
        await handle.signal('note', { by: 'commander-1', text: 'the provider was called' });
        const done = { by, step: 'cdn', evidence: 'change 4711' };
        await handle.executeUpdate('complete', { args: [await signed(run, 'complete', done)] });
      },
    },
    {
      name: 'failover-aborted',
      input: {
        ...input,
        runbook: {
          ...runbook,
          signatures: { real: 'named', drill: 'named' },
          name: 'stopped',
          steps: [step('promote', promote), step('cdn', { do: 'manual' }, ['promote'])],
        },
      },
      meanwhile: async (handle) => {
        await waiting(handle, 'cdn', 'deed');
        await handle.executeUpdate('abort', { args: [{ by: 'commander-1', reason: 'it is back' }] });
      },
    },
    {
      name: 'failover-drill',
      input: {
        ...rehearsed,
        mode: 'drill',
        runbook: { ...runbook, steps: steps.filter(({ id }) => id === 'fence' || id === 'tell').map(alone) },
        drill: { ...rehearsed.drill, inject: [{ step: 'fence', what: 'fail' }] },
      },
      meanwhile: async (handle) => {
        await waiting(handle, 'fence', 'decision');
        await handle.executeUpdate('retry', { args: [{ by, step: 'fence' }] });
      },
    },
    {
      name: 'failover-judged',
      input: {
        ...rehearsed,
        mode: 'drill',
        alone: true,
        alertZone: 'fra',
        runbook: { ...runbook, steps: steps.filter(({ id }) => id === 'cdn').map(alone) },
        drill: {
          ...{ name: 'quarterly', kind: 'full', owner: by, expect: ['It passes', 'It is quick'], inject: [] },
          ...{ deadline: 600, verdict: 600 },
        },
      },
      meanwhile: async (handle) => {
        await waiting(handle, 'cdn', 'deed');
        const note = { by, text: 'lower the TTL', owner: by, due: '2999-12-31' };
        await handle.executeUpdate('note', { args: [note] });
        await handle.executeUpdate('complete', { args: [{ by, step: 'cdn', evidence: 'as written' }] });
        await handle.signal('outcome', { by, expectation: '1', came: 'yes', remark: 'at once' });
        await handle.executeUpdate('outcome', { args: [{ by, expectation: '2', came: 'no' }] });
      },
    },
    {
      name: 'failover-late',
      input: {
        ...rehearsed,
        mode: 'drill',
        runbook: { ...runbook, steps: steps.filter(({ id }) => id === 'cdn').map(alone) },
        drill: { ...rehearsed.drill, deadline: 3, verdict: 3 },
      },
      meanwhile: (handle) => waiting(handle, 'cdn', 'deed').then(() => undefined),
    },
    {
      name: 'failover-tabletop',
      input: { ...rehearsed, mode: 'tabletop', runbook: { ...runbook, steps: steps.slice(0, 1) } },
      meanwhile: async (handle) => {
        await waiting(handle, 'fence', 'deed');
        await handle.executeUpdate('complete', { args: [{ by, step: 'fence', evidence: 'as written' }] });
      },
    },
    { name: 'failover-refused', input: { ...input, person: 'stranger' }, meanwhile: async () => undefined },
    ...(await recordedMessages(input, waiting, (id, message) =>
      step(id, { do: 'communicate', message }, [], { approve: true }),
    )),
  ];
}

const alone = (each: ResolvedStep): ResolvedStep => ({ ...each, needs: [] });

/** What a run holds while it is under way, asked for by another, and let go. */
export const recordedProtection: {
  name: string;
  input: ProtectInput;
  meanwhile(handle: WorkflowHandle): Promise<void>;
} = {
  name: 'protect',
  input: { source: 'shop', holder: 'drill/shop-failover', mode: 'drill' },
  meanwhile: async (handle) => {
    await handle.signal(wantedSignal, { by: 'failover/shop-failover', mode: 'real' });
    await handle.signal(releaseSignal);
  },
};

/** Waits until a step asks in that way. */
function waiting(
  handle: WorkflowHandle,
  id: string,
  kind: NonNullable<StepProgress['waitsFor']>['kind'],
): Promise<{ run: FailoverProgress; hash: string | null }> {
  return eventually(async () => {
    const run = await handle.query<FailoverProgress>(progressQuery);
    const found = run.steps.find((each) => each.id === id);
    if (found?.waitsFor?.kind !== kind)
      throw new Error(`${id} is ${found?.state}: ${found?.sentences.join(' ')}`);
    return { run, hash: found.hash };
  }, 90);
}
