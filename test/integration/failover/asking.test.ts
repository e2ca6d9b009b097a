import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../tools/servers/index.ts';
import { heldSignal, wantedSignal, yieldSignal } from '../../../workflows/contract-failover-messages.ts';
import { lockIdOf } from '../../../workflows/failover/locks.ts';
import {
  approveStep,
  type Failovers,
  openFailovers,
  progressOfRun,
  say,
  seen,
  waiting,
} from '../../support/failovers.ts';
import { command, commandOf, step } from '../../support/runbooks.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

const file = (name: string) => join(scene.stage.lab.directory, name);
const stateOf = async (handle: Parameters<typeof progressOfRun>[0], id: string) =>
  (await progressOfRun(handle)).steps.find((each) => each.id === id)?.state;

describe('a step that fails', () => {
  it('holds its own branch alone, tells why, and passes when it is tried again', async () => {
    const handle = await scene.start([
      command('broken', ['sh', '-c', `test -e ${file('mended')} || { echo "no such thing" >&2; exit 3; }`]),
      command('after', scene.writes('after broken'), { needs: ['broken'] }),
      command('beside', scene.writes('beside')),
    ]);
    const { step: broken } = await waiting(handle, 'broken', 'decision');
    expect(broken.sentences.join(' ')).toMatch(/broken failed.*3/);
    await seen(handle, (run) => run.steps.find(({ id }) => id === 'beside')?.state === 'passed');
    expect(await stateOf(handle, 'after')).toBe('pending');
    await writeFile(file('mended'), '');
    expect(await say(handle, 'retry', { by: 'ops-1', step: 'broken' })).toMatchObject({
      outcome: 'followed',
    });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    const { steps } = await progressOfRun(handle);
    expect(steps[0]).toMatchObject({ state: 'passed', attempts: 2 });
  });

  it('is skipped with a reason, which is an exception, and those after it go on', async () => {
    const handle = await scene.start([
      command('broken', ['false']),
      command('after', scene.writes('after skipped'), { needs: ['broken'] }),
    ]);
    await waiting(handle, 'broken', 'decision');
    await say(handle, 'skip', { by: 'ops-1', step: 'broken', reason: 'there is no CDN' });
    const result = await handle.result();
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: ['ops-1 skipped broken: there is no CDN'],
    });
    expect(await scene.lines()).toContain('after skipped');
  });
});

describe('a message', () => {
  it('that is sent twice at once counts once, and the other one is told so', async () => {
    const handle = await scene.start([
      command('promote', scene.writes('promoted once'), { approve: true, role: 'ops' }),
      step('end', { do: 'manual' }, { needs: ['promote'] }),
    ]);
    const { step: asked } = await waiting(handle, 'promote', 'approval');
    const approval = { by: 'ops-1', step: 'promote', hash: asked.hash ?? '' };
    const answers = await Promise.all([say(handle, 'approve', approval), say(handle, 'approve', approval)]);
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['followed', 'refused']);
    await waiting(handle, 'end', 'deed');
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    expect((await scene.lines()).filter((line) => line === 'promoted once')).toHaveLength(1);
  });

  it('that is malformed is rejected as an Update, and told as a Signal', async () => {
    const handle = await scene.start([step('end', { do: 'manual' })]);
    await waiting(handle, 'end', 'deed');
    const bad = { by: 'ops-1', step: 'end' };
    await expect(handle.executeUpdate('complete', { args: [bad] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Give a piece of evidence') },
    });
    await handle.signal('complete', bad);
    const run = await seen(handle, ({ refused }) => refused.length > 0);
    expect(run.refused).toMatchObject([{ sentence: expect.stringContaining('Give a piece of evidence') }]);
    await handle.signal('complete', { ...bad, evidence: 'done by hand' });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
  });

  it('of another workflow that brings nothing, or anything, holds up nobody', async () => {
    const handle = await scene.start([step('end', { do: 'manual' })], { book: { protects: ['shop'] } });
    await waiting(handle, 'end', 'deed');
    const lock = scene.stage.orchestra.client.workflow.getHandle(lockIdOf('shop'));
    for (const [to, name] of [
      [handle, yieldSignal],
      [handle, heldSignal],
      [lock, wantedSignal],
    ] as const) {
      await to.signal(name);
      await to.signal(name, 'anything');
      await to.signal(name, {});
    }
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'done by hand' });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    expect((await lock.describe()).status.name).toBe('COMPLETED');
  });

  it('that comes while no worker is up is heard when one starts', async () => {
    const handle = await scene.start([
      command('promote', scene.writes('promoted late'), { approve: true, role: 'ops' }),
    ]);
    const { step: asked } = await waiting(handle, 'promote', 'approval');
    await scene.rest();
    await handle.signal('approve', { by: 'ops-1', step: 'promote', hash: 'f'.repeat(64) });
    await handle.signal('approve', { by: 'ops-2', step: 'promote', hash: asked.hash ?? '' });
    await scene.wake();
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    const run = await progressOfRun(handle);
    expect(run.refused).toMatchObject([{ by: 'ops-1', sentence: expect.stringContaining('other facts') }]);
    expect(run.steps[0]?.approvals).toMatchObject([{ by: 'ops-2' }]);
  });
});

describe('an approval', () => {
  it('of what was asked before a rejection is outdated', async () => {
    const handle = await scene.start([step('halt', { do: 'approve' })]);
    const { step: first } = await waiting(handle, 'halt', 'approval');
    await say(handle, 'reject', { by: 'ops-2', step: 'halt', reason: 'wait for the provider' });
    await waiting(handle, 'halt', 'decision');
    await say(handle, 'retry', { by: 'ops-2', step: 'halt' });
    const { step: second } = await waiting(handle, 'halt', 'approval');
    expect(second.hash).not.toBe(first.hash);
    const outdated = await say(handle, 'approve', { by: 'ops-1', step: 'halt', hash: first.hash ?? '' });
    expect(outdated).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining('other facts') });
    await approveStep(handle, 'halt', 'ops-1');
    expect(await handle.result()).toMatchObject({ result: 'passed' });
  });

  it('counts with the signature of one of the person’s keys, over this run and these facts', async () => {
    const handle = await scene.start([step('halt', { do: 'approve' })], {
      book: { signatures: { real: 'signed', drill: 'named' } },
    });
    const { run, step: asked } = await waiting(handle, 'halt', 'approval');
    const approval = { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' };
    const refused = async (said: typeof approval & { signature?: string }, sentence: string) =>
      expect(await say(handle, 'approve', said)).toMatchObject({
        outcome: 'refused',
        sentence: expect.stringContaining(sentence),
      });
    await refused(approval, 'is not signed');
    const { signature } = await scene.signed(run, 'approve', { ...approval, by: 'ops-2' });
    await refused({ ...approval, ...(signature === undefined ? {} : { signature }) }, '');
    await refused(await scene.signed({ ...run, runId: 'another' }, 'approve', approval), '');
    await refused(
      await scene
        .signed(run, 'retry', { by: 'ops-1', step: 'halt' })
        .then((said) => ({ ...approval, ...said })),
      '',
    );
    expect((await progressOfRun(handle)).steps[0]?.approvals).toEqual([]);
    expect(await say(handle, 'approve', await scene.signed(run, 'approve', approval))).toMatchObject({
      outcome: 'followed',
    });
    expect(await handle.result()).toMatchObject({ result: 'passed' });
    const { steps } = await progressOfRun(handle);
    expect(steps[0]?.approvals).toMatchObject([{ by: 'ops-1', key: expect.stringMatching(/^SHA256:/) }]);
  });
});

describe('an abort', () => {
  it('ends what runs, undoes what was done in reverse, and says what can not be undone', async () => {
    const undoing = (id: string, needs: string[]) =>
      command(id, scene.writes(`did ${id}`), { needs, undo: commandOf(scene.writes(`undid ${id}`)) });
    const handle = await scene.start([
      undoing('first', []),
      undoing('second', ['first']),
      command('third', scene.writes('did third'), { needs: ['second'] }),
      command('hangs', scene.writes('hangs', 'sleep 4711'), { needs: ['third'] }),
      command('never', scene.writes('never'), { needs: ['hangs'] }),
    ]);
    await eventually(async () => expect(await scene.lines()).toContain('hangs'), 60);
    expect(await say(handle, 'abort', { by: 'ops-1', reason: 'x' })).toMatchObject({ outcome: 'refused' });
    expect(await say(handle, 'abort', { by: 'commander-1', reason: 'the site is back' })).toMatchObject({
      outcome: 'followed',
    });
    const result = await handle.result();
    expect(result.result).toBe('aborted');
    const lines = await scene.lines();
    expect(lines.slice(lines.indexOf('did first'))).toEqual([
      'did first',
      'did second',
      'did third',
      'hangs',
      'undid second',
      'undid first',
    ]);
    expect(result.undone).toHaveLength(2);
    expect(result.left.join(' ')).toContain('no way back from third');
    expect(result.steps.map(({ state }) => state)).toEqual([
      'undone',
      'undone',
      'passed',
      'not-reached',
      'not-reached',
    ]);
    expect(result.evidence?.stored).toEqual(['offsite']);
  });

  it('is what a cancellation in Temporal is', async () => {
    const handle = await scene.start([
      command('first', scene.writes('did it'), { undo: commandOf(scene.writes('undid it')) }),
      step('then', { do: 'manual' }, { needs: ['first'] }),
    ]);
    await waiting(handle, 'then', 'deed');
    await handle.cancel();
    expect(await handle.result()).toMatchObject({
      result: 'aborted',
      steps: [{ state: 'undone' }, { state: 'not-reached' }],
    });
    expect(await scene.lines()).toContain('undid it');
  });
});

describe('a commander who is gone', () => {
  it('is replaced by another, who alone commands from then on', async () => {
    const handle = await scene.start([step('end', { do: 'manual' })]);
    await waiting(handle, 'end', 'deed');
    expect(await say(handle, 'degrade', { by: 'commander-2', reason: 'x' })).toMatchObject({
      outcome: 'refused',
    });
    await say(handle, 'take-over', { by: 'commander-2', reason: 'commander-1 is on a plane' });
    expect(await say(handle, 'degrade', { by: 'commander-2', reason: 'fra is dark' })).toMatchObject({
      outcome: 'followed',
    });
    expect(await say(handle, 'abort', { by: 'commander-1', reason: 'x' })).toMatchObject({
      outcome: 'refused',
    });
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    const result = await handle.result();
    expect(result.exceptions).toEqual([expect.stringContaining('goes on without fra')]);
    expect(result.result).toBe('passed-with-exceptions');
  });
});
