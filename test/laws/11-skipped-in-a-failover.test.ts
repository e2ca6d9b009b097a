import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedStep } from '../../policy/resolved-failover.ts';
import { type Failover, type Failovers, openFailovers, say, waiting } from '../support/failovers.ts';
import { command, commandOf, step } from '../support/runbooks.ts';

let scene: Failovers;

beforeAll(async () => {
  scene = await openFailovers();
});

afterAll(() => scene?.close());

type Case = {
  steps: ResolvedStep[];
  mode?: 'drill';
  meanwhile(handle: Failover): Promise<unknown>;
  exception: string | null;
};

const failing = [command('broken', ['false'])];
const cases: Record<string, Case> = {
  'a step that was skipped': {
    steps: failing,
    meanwhile: async (handle) => {
      await waiting(handle, 'broken', 'decision');
      return say(handle, 'skip', { by: 'ops-1', step: 'broken', reason: 'not needed' });
    },
    exception: 'ops-1 skipped broken: not needed',
  },
  'a step that somebody gave their word for': {
    steps: failing,
    meanwhile: async (handle) => {
      await waiting(handle, 'broken', 'decision');
      return say(handle, 'complete', { by: 'ops-1', step: 'broken', evidence: 'done on the console' });
    },
    exception: 'ops-1 gave their word for broken, which failed: done on the console',
  },
  'a run that goes on without the lost side': {
    steps: [step('end', { do: 'manual' })],
    meanwhile: async (handle) => {
      await waiting(handle, 'end', 'deed');
      await say(handle, 'degrade', { by: 'commander-1', reason: 'it is dark' });
      return say(handle, 'complete', { by: 'ops-1', step: 'end', evidence: 'x' });
    },
    exception: 'commander-1 goes on without fra: it is dark',
  },
  'a step that a drill only simulated': {
    steps: [step('deploy', { do: 'command', command: commandOf(['true']) })],
    mode: 'drill',
    meanwhile: async () => undefined,
    exception: 'deploy: Simulated',
  },
  'people who could not be told': {
    steps: [step('tell', { do: 'notify', severity: 'info', roles: [] })],
    meanwhile: async () => undefined,
    exception: 'tell: Nobody was told',
  },
  nothing: { steps: [command('fine', ['true'])], meanwhile: async () => undefined, exception: null },
};

describe('law 11: skipped is not passed, in a failover', () => {
  it.each(Object.entries(cases))('%s', async (_, { steps, mode, meanwhile, exception }) => {
    const drill = { owner: 'commander-2', expect: [], inject: [] };
    const handle = await scene.start(steps, mode === undefined ? {} : { mode, drill });
    await meanwhile(handle);
    const { result, exceptions } = await handle.result();
    expect(result).toBe(exception === null ? 'passed' : 'passed-with-exceptions');
    expect(exceptions).toEqual(exception === null ? [] : [expect.stringContaining(exception)]);
  });
});
