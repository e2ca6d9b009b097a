import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tools/servers/index.ts';
import {
  approveStep,
  type Failovers,
  openFailovers,
  progressOfRun,
  say,
  waiting,
} from '../support/failovers.ts';
import { command, step } from '../support/runbooks.ts';
import { failureOf } from '../support/stage.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

describe('a failover whose Temporal is killed and starts again', () => {
  it('goes on where it was: what is done stays done once, what was asked stays asked, and what it holds stays held', async () => {
    const hold = join(scene.stage.lab.directory, 'hold');
    await writeFile(hold, '');
    const book = { name: 'restarted', protects: ['shop'] };
    const run = await scene.start(
      [
        step('halt', { do: 'approve' }),
        command('fence', scene.writes('fence', `while test -e ${hold}; do sleep 0.1; done`), {
          needs: ['halt'],
        }),
        step('settle', { do: 'wait', seconds: 3 }, { needs: ['halt'] }),
        command('promote', scene.writes('promote'), { needs: ['halt'], approve: true, role: 'dba' }),
        step('end', { do: 'manual' }, { needs: ['fence', 'settle', 'promote'] }),
      ],
      { book },
    );
    await approveStep(run, 'halt', 'ops-1');
    const { step: asked } = await waiting(run, 'promote', 'approval');
    await eventually(async () => expect(await scene.lines()).toEqual(['fence']), 60);

    const { temporal } = scene.stage.orchestra;
    await temporal.kill();
    // What runs comes to its end while nobody can be told.
    await rm(hold);
    await temporal.restart();

    expect(await say(run, 'approve', { by: 'dba-1', step: 'promote', hash: asked.hash ?? '' })).toMatchObject(
      {
        outcome: 'followed',
      },
    );
    await waiting(run, 'end', 'deed');
    const other = await scene.start([command('x', scene.writes('other'))], {
      book: { ...book, name: 'other' },
    });
    expect(await failureOf(other.result())).toMatchObject({ code: 'already-exists' });
    await say(run, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    const result = await run.result();
    expect(result).toMatchObject({ result: 'passed', exceptions: [], evidence: { stored: ['offsite'] } });
    expect(await scene.lines()).toEqual(['fence', 'promote']);
    const { steps } = await progressOfRun(run);
    expect(steps.map(({ id, attempts, approvals }) => [id, attempts, approvals.map(({ by }) => by)])).toEqual(
      [
        ['halt', 0, ['ops-1']],
        ['fence', 1, []],
        ['settle', 1, []],
        ['promote', 1, ['dba-1']],
        ['end', 1, []],
      ],
    );
  });
});
