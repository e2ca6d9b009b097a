import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import { progressOfRun, say, waiting } from '../support/failovers.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { command, failoverInput, runbook, step } from '../support/runbooks.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let places: Places;
let worker: Program | undefined;
let log: string;
let hold: string;

beforeAll(async () => {
  [stage, places] = await Promise.all([openStage([]), openPlaces()]);
  log = join(stage.lab.directory, 'steps');
  hold = join(stage.lab.directory, 'hold');
  await writeFile(log, '');
});

afterAll(async () => {
  await worker?.kill();
  await Promise.all([stage?.close(), places?.close()]);
});

const startWorker = async () => {
  const { address } = stage.orchestra.temporal;
  worker = startProgram(['worker', '--zone', 'ams'], { TEMPORAL_ADDRESS: address, ...places.environment });
  await worker.saying('Working');
};
const lines = async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');

/** Does its work once, whoever starts it, and takes as long as a file is there. */
const once = (name: string) => {
  const done = join(stage.lab.directory, `${name}-done`);
  return [
    'sh',
    '-c',
    `echo try ${name} >> ${log}; while test -e ${hold}; do sleep 0.1; done; test -e ${done} || echo did ${name} >> ${log}; touch ${done}`,
  ];
};

describe('a failover whose worker is killed', () => {
  it('in the middle of a command goes on with the next worker, and asks nobody twice', async () => {
    await writeFile(hold, '');
    await startWorker();
    const book = runbook(
      [
        step('halt', { do: 'approve' }),
        command('promote', once('promote'), { needs: ['halt'], timeout: 120 }),
        step('end', { do: 'manual' }, { needs: ['promote'] }),
      ],
      { lost: [] },
    );
    const handle = await stage.orchestra.client.workflow.start<Workflows['failover']>(
      workflowTypes.failover,
      {
        workflowId: 'failover/killed',
        taskQueue: taskQueueOf('ams'),
        args: [failoverInput(book)],
      },
    );
    const { step: asked } = await waiting(handle, 'halt', 'approval');
    await say(handle, 'approve', { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' });
    await eventually(async () => expect(await lines()).toContain('try promote'), 60);
    await worker?.kill();
    // What people say while nobody is there is kept.
    await handle.signal('note', { by: 'intern-1', text: 'the worker is gone' });
    await eventually(async () => {
      const found = await run({ command: 'pgrep', args: ['-f', `test -e ${hold}`] }, { okExitCodes: [0, 1] });
      expect(found.stdout).toBe('');
    }, 60);
    await rm(hold);
    await startWorker();
    await waiting(handle, 'end', 'deed');
    await say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    expect(await handle.result()).toMatchObject({
      steps: [{ state: 'passed' }, { state: 'passed' }, { state: 'passed' }],
    });
    expect(await lines()).toEqual(['try promote', 'try promote', 'did promote']);
    const { events, steps } = await progressOfRun(handle);
    expect(events.map(({ sentence }) => sentence)).toContain('intern-1 notes: the worker is gone');
    expect(steps[0]?.approvals).toHaveLength(1);
  });
});
