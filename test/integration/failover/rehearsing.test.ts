import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
import { failureOf } from '../../support/stage.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

const owned = { owner: 'commander-2', expect: ['The shop answers within an hour'], inject: [] };

describe('a drill', () => {
  it('runs what steps name for it, lets go wrong what its owner chose, and leaves the real thing alone', async () => {
    const handle = await scene.start(
      [
        command('promote', scene.writes('REAL'), {
          drill: commandOf(scene.writes('rehearsed')),
          undo: commandOf(scene.writes('REAL undo')),
        }),
        step('cdn', { do: 'manual' }, { needs: ['promote'] }),
      ],
      {
        mode: 'drill',
        drill: {
          ...owned,
          inject: [
            { step: 'promote', what: 'fail' },
            { person: 'ops-1', what: 'absent' },
          ],
        },
      },
    );
    const { step: failed } = await waiting(handle, 'promote', 'decision');
    expect(failed.sentences.join(' ')).toContain('lets the first attempt fail');
    expect(await scene.lines()).not.toContain('rehearsed');
    expect(await say(handle, 'retry', { by: 'ops-1', step: 'promote' })).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('does not answer'),
    });
    await say(handle, 'retry', { by: 'ops-2', step: 'promote' });
    await waiting(handle, 'cdn', 'deed');
    await say(handle, 'complete', { by: 'ops-2', step: 'cdn', evidence: 'pointed the test origin' });
    const result = await handle.result();
    expect(result).toMatchObject({ mode: 'drill', evidence: { path: expect.stringMatching(/^drill\//) } });
    expect(result.result).toMatch(/^passed/);
    const lines = await scene.lines();
    expect(lines).toContain('rehearsed');
    expect(lines.join(' ')).not.toContain('REAL');
  });

  it('says what it only simulated, and is shown with the next real run of the same version', async () => {
    const steps = [step('deploy', { do: 'command', command: commandOf(scene.writes('REAL deploy')) })];
    const book = { name: 'rehearsed-book' };
    const handle = await scene.start(steps, { mode: 'drill', drill: owned, book });
    expect(await handle.result()).toMatchObject({
      result: 'passed-with-exceptions',
      exceptions: [expect.stringContaining('Simulated')],
    });
    expect(await scene.lines()).not.toContain('REAL deploy');
    const real = await scene.start([...steps, step('end', { do: 'approve' })], { book });
    const { run, step: asked } = await waiting(real, 'end', 'approval');
    expect(run.lastDrill).toMatchObject({
      mode: 'drill',
      result: 'passed-with-exceptions',
      steps: { deploy: expect.any(Number) },
    });
    expect(asked.text).toMatch(/last drill of this version: 2026.* passed-with-exceptions/);
    await approveStep(real, 'end', 'ops-1');
    await real.result();
  });
});

describe('a tabletop', () => {
  it('walks people through every step, and does nothing at all', async () => {
    const handle = await scene.start(
      [
        command('fence', scene.writes('TABLE fence')),
        command('promote', scene.writes('TABLE promote'), { needs: ['fence'], approve: true, role: 'dba' }),
      ],
      { mode: 'tabletop', drill: owned },
    );
    await waiting(handle, 'fence', 'deed');
    await say(handle, 'complete', {
      by: 'ops-1',
      step: 'fence',
      evidence: 'the console is at …, the runbook says where',
    });
    await approveStep(handle, 'promote', 'dba-1');
    await waiting(handle, 'promote', 'deed');
    await say(handle, 'note', { by: 'intern-1', text: 'nobody knew the password' });
    await say(handle, 'complete', { by: 'dba-1', step: 'promote', evidence: 'pg_promote' });
    expect(await handle.result()).toMatchObject({ result: 'passed', mode: 'tabletop' });
    expect((await scene.lines()).join(' ')).not.toContain('TABLE');
    expect((await progressOfRun(handle)).events.map(({ sentence }) => sentence).join(' ')).toContain(
      'nobody knew',
    );
  });
});

describe('what a run protects', () => {
  const book = (name: string) => ({ name, protects: ['shop'] });
  const held = [step('end', { do: 'manual' })];
  const end = async (handle: Parameters<typeof waiting>[0]) => {
    await waiting(handle, 'end', 'deed');
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    return handle.result();
  };

  it('is held by one real run at a time, and free right after it', async () => {
    const first = await scene.start(held, { book: book('first') });
    await waiting(first, 'end', 'deed');
    const second = await scene.start(held, { book: book('second') });
    expect(await failureOf(second.result())).toMatchObject({
      code: 'already-exists',
      sentence: expect.stringContaining('failover/first'),
    });
    const drill = await scene.start(held, { mode: 'drill', drill: owned, book: book('second') });
    expect(await failureOf(drill.result())).toMatchObject({ code: 'already-exists' });
    await end(first);
    expect(await end(await scene.start(held, { book: book('third') }))).toMatchObject({ result: 'passed' });
  });

  it('is given up by a rehearsal for a real run, which goes on', async () => {
    const drill = await scene.start(held, { mode: 'drill', drill: owned, book: book('first') });
    await waiting(drill, 'end', 'deed');
    const real = await scene.start(held, { book: book('real') });
    expect(await drill.result()).toMatchObject({ result: 'aborted' });
    expect((await progressOfRun(drill)).aborted).toMatchObject({ by: 'failover/real' });
    expect(await end(real)).toMatchObject({ result: 'passed', exceptions: [] });
  });

  it('is let go by a rehearsal once its steps are over, before its report is kept', async () => {
    // Nobody works in the zone that is to sign its report, and is waited for.
    const drill = await scene.start(held, {
      ...{ mode: 'drill', drill: owned, book: book('kept-long') },
      signingKeys: { fra: { file: '/nowhere' } },
    });
    await waiting(drill, 'end', 'deed');
    await say(drill, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    await seen(drill, ({ closing }) => closing === true);
    expect(await end(await scene.start(held, { book: book('at-once') }))).toMatchObject({ result: 'passed' });
    expect((await drill.describe()).status.name).toBe('RUNNING');
    await drill.terminate('it was seen');
  });
});

describe('a run is refused', () => {
  it('so short a time after the last real one', async () => {
    const book = { name: 'cooled', cooldown: 3600 };
    const first = await scene.start([command('done', ['true'])], { book });
    expect(await first.result()).toMatchObject({ result: 'passed' });
    const again = await scene.start([command('done', ['true'])], { book });
    expect(await failureOf(again.result())).toMatchObject({
      code: 'refused',
      sentence: expect.stringContaining('cooldown'),
    });
    const drill = await scene.start([command('done', ['true'])], { book, mode: 'drill', drill: owned });
    expect((await drill.result()).result).toMatch(/^passed/);
  });

  it.each([
    [
      'where nobody else can approve',
      [step('x', { do: 'approve' }, { role: 'dba' })],
      { person: 'dba-1' },
      "can't be approved",
    ],
    ['of a stranger', [step('x', { do: 'approve' })], { person: 'mallory' }, 'knows no mallory'],
    ['with a step in the zone that is lost', [command('x', ['true'], { zone: 'fra' })], {}, 'takes as lost'],
  ])('%s', async (_, steps, changes, sentence) => {
    const handle = await scene.start(steps, changes);
    expect(await failureOf(handle.result())).toMatchObject({
      code: 'refused',
      sentence: expect.stringContaining(sentence),
    });
    expect((await seen(handle, ({ phase }) => phase === 'done')).result).toBe('failed');
  });
});
