import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { eventually } from '../../../tools/servers/index.ts';
import type { Workflows } from '../../../workflows/contract.ts';
import type { DrillWatchResult } from '../../../workflows/contract-drills.ts';
import {
  type FollowUp,
  followUpMessages,
  followUpsWorkflowId,
} from '../../../workflows/contract-follow-ups.ts';
import { type CliRun, holdfast } from '../../support/cli.ts';
import { drilledPolicy } from '../../support/drilled-policy.ts';
import { type Failover, seen, waiting } from '../../support/failovers.ts';
import { startOrchestra } from '../../support/orchestra.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { anotherSecond } from '../../support/seconds.ts';
import { openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let receiver: Receiver;
let policy: ResolvedPolicy;
const day = 86_400_000;
const time = new Date(Date.now() + 3 * day);

beforeAll(async () => {
  [stage, receiver] = await Promise.all([openStage(['ams']), startReceiver()]);
  const { lab } = stage;
  ({ policy } = await lab.usePolicy(
    await drilledPolicy(lab, { hook: receiver.url, day: time.getUTCDate() }),
  ));
  expect(await cli('apply', '--yes')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await Promise.all([stage?.close(), receiver?.down()]);
});

const cliOf =
  (address = stage.orchestra.temporal.address) =>
  (...args: string[]): Promise<CliRun> =>
    holdfast(args, { env: { TEMPORAL_ADDRESS: address, HOLDFAST_POLICY: stage.lab.policyFile } });

const cli = (...args: string[]): Promise<CliRun> => cliOf()(...args);

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stderr}${stdout}`);
  return stdout;
}

const schedule = (id: string) => stage.orchestra.client.schedule.getHandle(`holdfast/${id}`);

/** Starts what a Schedule starts, and gives its run. */
async function fire<Name extends keyof Workflows>(id: string, _type: Name) {
  const known = new Set((await schedule(id).describe()).info.recentActions.map(runIdOf));
  // As the Schedule itself does: beside others, a run learns nothing of the one before.
  await schedule(id).trigger('SKIP');
  return eventually(async () => {
    const { recentActions } = (await schedule(id).describe()).info;
    const action = recentActions.find((each) => !known.has(runIdOf(each)));
    if (action === undefined) throw new Error(`${id} started nothing`);
    const { workflowId, firstExecutionRunId } = action.action.workflow;
    return stage.orchestra.client.workflow.getHandle<Workflows[Name]>(workflowId, firstExecutionRunId);
  }, 60);
}

const runIdOf = ({ action }: { action: { workflow: { firstExecutionRunId: string } } }): string =>
  action.workflow.firstExecutionRunId;

const look = async (): Promise<DrillWatchResult> => (await fire('drills', 'drillWatch')).result();

const drill = (): Promise<Failover> => fire('drill/move/monthly', 'failover');

/** What the channel was told, as one text. */
const told = (): string => receiver.received.map(({ body }) => body).join('\n');

const hears = (text: string): Promise<void> =>
  eventually(async () => {
    if (!told().includes(text)) throw new Error(`nobody was told of ${text}: ${told()}`);
  }, 60);

const openAlerts = async (): Promise<string[]> => {
  const { open } = JSON.parse(await done('alerts', 'list', '--json'));
  return open.map(({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`);
};

describe('a drill on a Schedule', () => {
  it('is told of once, with its time, roles and what is expected, and without its surprises', async () => {
    const { told: first, findings } = await look();
    expect(findings).toEqual([]);
    expect(first).toHaveLength(1);
    expect(first[0]).toContain(`${time.toISOString().slice(0, 10)} 12:30 Europe/Amsterdam`);
    expect(first[0]).toContain('Roles: incident-commander, ops.');
    expect(first[0]).toContain('Expected: (1) The shop is deployed within a minute (2) Somebody tries again');
    await hears('(2) Somebody tries again');
    expect(told()).not.toMatch(/three|fails|absent/);
    // What a run knows comes to the next one by Temporal itself.
    expect((await look()).told).toEqual([]);
  });

  it('that is paused is told to be off, and as what it is', async () => {
    await schedule('drill/move/monthly').pause('the team is away');
    const { told: off } = await look();
    expect(off).toEqual([expect.stringContaining('The drill monthly of move is not held on')]);
    expect(await openAlerts()).toEqual(['schedule-paused move/monthly']);
    expect(await done('plan')).toContain('was paused by hand in Temporal ("the team is away")');
    await schedule('drill/move/monthly').unpause();
    expect((await look()).told).toHaveLength(1);
    expect(await openAlerts()).toEqual([]);
  });

  it('is held as its owner wrote it, judged by them, and leaves what is to be done', async () => {
    const handle = await drill();
    const { step: declare, run } = await waiting(handle, 'declare', 'approval');
    expect(run).toMatchObject({ mode: 'drill', declaredBy: 'one' });
    const approve = ['failover', 'approve', 'drill/move', 'declare', '--as'];
    expect(await cli(...approve, 'one')).toMatchObject({ code: 1 });
    await done(...approve, 'two');
    expect(declare.does).not.toBe('');
    await waiting(handle, 'deploy', 'decision');
    const retry = ['failover', 'retry', 'drill/move', 'deploy', '--as'];
    expect(await cli(...retry, 'three')).toMatchObject({
      stderr: expect.stringContaining('does not answer'),
    });
    await done(...retry, 'two');
    const note = ['failover', 'note', 'drill/move', 'write down who is told', '--as', 'two', '--follow-up'];
    expect(await cli(...note)).toMatchObject({ code: 2, stderr: expect.stringContaining('--due') });
    await done(...note, '--owner', 'three', '--due', '2999-12-31');
    await seen(handle, ({ phase }) => phase === 'judging');
    // What is let go by then holds up nobody.
    const outcome = ['failover', 'outcome', 'drill/move'];
    expect(await cli(...outcome, '1', 'yes', '--as', 'two')).toMatchObject({
      stderr: expect.stringContaining('one owns this drill'),
    });
    await done(...outcome, '1', 'yes', '--as', 'one', '--remark', 'in 3 seconds');
    await done(...outcome, '2', 'no', '--as', 'one');
    const { result, exceptions, evidence } = await handle.result();
    expect(result).toBe('passed-with-exceptions');
    expect(exceptions).toContain('Expected, and it did not come out: Somebody tries again');
    const [offsite] = Object.values(policy.repositories);
    const root = offsite?.kind === 'filesystem' ? offsite.path : '';
    const report = await readFile(join(root, '_evidence', `${evidence?.path ?? ''}.md`), 'utf8');
    expect(report).toContain('| The shop is deployed within a minute | yes | one at');
    expect(report).toMatch(/\| Somebody tries again \| no \| one at .* \|/);
    expect(report).toMatch(/\| [0-9a-f]{6}-1 \| write down who is told \| three \| 2999-12-31 \| two \|/);
    expect((await look()).findings).toEqual([]);
    const review = await done('report', 'review', 'drill/move', '--root-cause', 'no list', '--json');
    expect(JSON.parse(review)).toMatchObject({
      of: { path: evidence?.path, sha256: evidence?.sha256 },
      rootCause: 'no list',
      actions: [{ text: 'write down who is told', owner: 'three', due: '2999-12-31', closed: null }],
      findings: { trouble: [{ step: 'deploy', attempts: 2 }] },
      run: { expectations: [{ came: 'yes', remark: 'in 3 seconds' }, { came: 'no' }] },
    });
    const { waiting: waits } = JSON.parse(await done('report', 'checklist', 'three', '--json'));
    expect(waits).toMatchObject([{ who: 'three', what: 'write down who is told (until 2999-12-31)' }]);
  });

  it('that is stopped was not held, which is an alert until it is held', async () => {
    await anotherSecond();
    const handle = await drill();
    await waiting(handle, 'declare', 'approval');
    await done('failover', 'abort', 'drill/move', '--as', 'one', '--reason', 'an outage elsewhere');
    expect(await handle.result()).toMatchObject({ result: 'aborted' });
    const { findings } = await look();
    expect(findings).toMatchObject([
      { kind: 'drill-overdue', sentence: expect.stringMatching(/ended as aborted .* --drill monthly/) },
    ]);
    expect(await cli('status')).toMatchObject({ code: 3, stdout: expect.stringContaining('move/monthly') });
    expect(await cli('check', 'health')).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^warning {2}drill-overdue {2}move\/monthly$/m),
    });
    await anotherSecond();
    await done('drill', 'move', '--drill', 'monthly', '--as', 'two');
    const byHand = stage.orchestra.client.workflow.getHandle<Workflows['failover']>('drill/move');
    const approval = await waiting(byHand, 'declare', 'approval');
    expect(approval.run.reason).toBe('The drill monthly of the policy, held by hand');
    await stage.orchestra.client.workflow.getHandle('drill/move').cancel();
    expect(await byHand.result()).toMatchObject({ result: 'aborted' });
    expect(await openAlerts()).toEqual(['drill-overdue move/monthly']);
  });

  it('gives way to a real run, and says that it was not held', async () => {
    await done('failover', 'start', 'move', '--as', 'one', '--reason', 'fra is dark');
    const real = stage.orchestra.client.workflow.getHandle<Workflows['failover']>('failover/move');
    await waiting(real, 'declare', 'approval');
    const refused = await drill();
    await expect(refused.result()).rejects.toThrow();
    await hears(
      'DRILL: The drill monthly of move was not held: runbook/move is being failed over by failover/move already',
    );
    await done('failover', 'abort', 'move', '--as', 'one', '--reason', 'it is back');
    await real.result();
  });
});

describe('follow-ups', () => {
  const lose = () => stage.orchestra.client.workflow.getHandle(followUpsWorkflowId).terminate('lost');
  const restore = async () => JSON.parse(await done('followup', 'restore', '--json'));

  it('come back from signed reports when Temporal has lost them, each once', async () => {
    await lose();
    expect(await done('followup')).toContain('Nothing is to be done.');
    const noted = { owner: 'three', due: '2999-12-31', notedBy: 'two', text: 'write down who is told' };
    expect(await restore()).toMatchObject({
      followUps: [{ ...noted, outcome: 'restored' }],
      exceptions: [],
    });
    expect(await done('followup')).toContain('write down who is told');
    expect(await restore()).toMatchObject({ followUps: [{ ...noted, outcome: 'known' }] });
  });

  it('are listed, moved, handed on and closed', async () => {
    const { open } = JSON.parse(await done('followup', '--json'));
    expect(open).toMatchObject([{ owner: 'three', due: '2999-12-31', mode: 'drill', notedBy: 'two' }]);
    const [{ id }] = open;
    await done('followup', 'assign', id, '--as', 'two', '--owner', 'one', '--reason', 'three is away');
    await done('followup', 'move', id, '--as', 'two', '--due', '2999-11-30', '--reason', 'sooner');
    expect(await cli('followup', 'move', id, '--as', 'two', '--due', 'soon', '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('soon is no day'),
    });
    expect(await done('followup', 'list')).toContain('2999-11-30  one');
    await done('followup', 'close', id, '--as', 'one', '--evidence', 'the plan names them');
    expect(await done('followup', 'list', '--closed')).toContain('the plan names them');
    expect(await done('followup')).toContain('Nothing is to be done.');
  });

  it('that were done do not come back, since the audit log has their end', async () => {
    await eventually(async () => {
      const log = await done('audit', 'list', '--action', 'follow-up.closed');
      if (!log.includes('move/')) throw new Error('it is not recorded yet');
    }, 60);
    await lose();
    expect(await restore()).toMatchObject({ followUps: [{ outcome: 'closed' }], exceptions: [] });
    expect(await done('followup')).toContain('Nothing is to be done.');
  });

  it('that are overdue are alerts until they are closed', async () => {
    const { client } = stage.orchestra;
    await done(
      ...['followup', 'add', 'failover/move', 'tell the director', '--as', 'one', '--owner', 'two'],
      ...['--due', '2999-01-01'],
    );
    const late = {
      ...{ by: 'two', id: 'late-1', runbook: 'move', workflowId: 'drill/move', runId: 'r', mode: 'drill' },
      ...{ text: 'raise the alarm sooner', owner: 'three', due: '2026-01-31' },
    };
    await client.workflow.getHandle(followUpsWorkflowId).signal(followUpMessages.add, late);
    await eventually(async () => {
      if (!(await openAlerts()).includes('follow-up-overdue move/late-1')) throw new Error('no alert');
    }, 60);
    expect(await cli('followup')).toMatchObject({ code: 3 });
    await done('followup', 'close', 'late-1', '--as', 'three', '--evidence', 'change 4711');
    await eventually(async () => {
      if ((await openAlerts()).includes('follow-up-overdue move/late-1')) throw new Error('it is open');
    }, 60);
  });

  it('of a run are added by its name', async () => {
    const add = ['followup', 'add', 'failover/move', 'ask the provider', '--as', 'one', '--owner', 'two'];
    expect(await done(...add, '--due', '2999-01-01')).toMatch(
      /two does it until 2999-01-01: ask the provider/,
    );
    expect(await cli(...add, '--due', '2020-01-01')).toMatchObject({ code: 2 });
    await hears('ask the provider');
  });

  it('come back on another Temporal as each was last, also those that were noted after a run', async () => {
    const listed = async (temporal?: string) => {
      const { open } = JSON.parse((await cliOf(temporal)('followup', '--json')).stdout);
      return open.map(({ id, text, owner, due, runbook, workflowId, runId, mode, notedBy }: FollowUp) => ({
        ...{ id, text, owner, due, runbook, workflowId, runId, mode, notedBy },
      }));
    };
    const added = {
      ...{ by: 'two', id: 'quick-1', runbook: 'move', workflowId: 'drill/move', runId: 'r', mode: 'drill' },
      ...{ text: 'test the pager', owner: 'three', due: '2999-03-01' },
    };
    const handle = stage.orchestra.client.workflow.getHandle(followUpsWorkflowId);
    // One right after the other: each is an entry of its own.
    await handle.signal('add', added);
    await handle.signal('move', { by: 'two', id: 'quick-1', due: '2999-04-01', reason: 'it is late' });
    await handle.signal('assign', { by: 'two', id: 'quick-1', owner: 'one', reason: 'three is away' });
    await eventually(async () => {
      const { entries } = JSON.parse(await done('audit', 'list', '--subject', 'move/quick-1', '--json'));
      expect(entries.map(({ action }: { action: string }) => action).sort()).toEqual([
        'follow-up.added',
        'follow-up.assigned',
        'follow-up.moved',
      ]);
    }, 60);
    const before = await listed();
    expect(before).toContainEqual(
      expect.objectContaining({ id: 'quick-1', owner: 'one', due: '2999-04-01', notedBy: 'two' }),
    );
    const other = await startOrchestra(['ams']);
    try {
      const elsewhere = cliOf(other.temporal.address);
      expect((await elsewhere('followup')).stdout).toContain('Nothing is to be done.');
      expect((await elsewhere('followup', 'restore')).code).toBe(0);
      expect(await listed(other.temporal.address)).toEqual(before);
      const again = JSON.parse((await elsewhere('followup', 'restore', '--json')).stdout);
      const became = again.followUps.map(({ outcome }: { outcome: string }) => outcome);
      expect(new Set(became)).toEqual(new Set(['closed', 'known']));
      expect(again.exceptions).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
