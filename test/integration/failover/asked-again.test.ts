import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import { knownFacts, type StepLook } from '../../../workflows/contract-failover-steps.ts';
import { type Failover, progressOfRun, say, seen, waiting } from '../../support/failovers.ts';
import { command, failoverInput, runbook } from '../../support/runbooks.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';

let skipping: Skipping;
/** What looks find, one after the other; the last one stays. */
let looks: StepLook[];
let looked: number;

beforeAll(async () => {
  // A lag can't be had to the second: what the look of a real command finds is told with one.
  skipping = await openSkipping(['ams'], () => ({
    lookAtStep: async () => {
      const found = looks[Math.min(looked, looks.length - 1)];
      looked += 1;
      return found ?? lag(0);
    },
  }));
});
beforeEach(() => {
  looked = 0;
});
afterAll(() => skipping?.close());

const lag = (seconds: number): StepLook => ({
  findings: [],
  facts: [{ name: knownFacts.lagSeconds, value: `${seconds} s`, number: seconds, unit: 'seconds' }],
  choices: [],
});
const fault = (sentence: string): StepLook => ({
  ...lag(0),
  findings: [{ step: 'promote', outcome: 'fault', sentence }],
});

let count = 0;
function start(run: string[], found: StepLook[]): Promise<Failover> {
  looks = found;
  count += 1;
  const steps = [command('promote', run, { approve: true, role: 'dba' })];
  const book = runbook(steps, { name: `book-${count}`, tier: { name: 'critical', rpo: 60, rto: 3600 } });
  return skipping.environment.client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
    workflowId: `failover/${book.name}`,
    taskQueue: taskQueueOf('ams'),
    args: [failoverInput(book)],
  });
}
async function approve(handle: Failover): Promise<string> {
  const { step } = await waiting(handle, 'promote', 'approval');
  const hash = step.hash ?? '';
  expect(await say(handle, 'approve', { by: 'dba-1', step: 'promote', hash })).toMatchObject({
    outcome: 'followed',
  });
  return hash;
}
const askedAgain = async (handle: Failover) => {
  const { step } = await waiting(handle, 'promote', 'approval');
  return step.waitsFor?.sentence;
};

describe('what was approved and is worse right before it is done', () => {
  it('is asked again, of what is true then, and the first approval counts for nothing', async () => {
    const handle = await start(['true'], [lag(2), lag(90)]);
    const first = await approve(handle);
    expect(await askedAgain(handle)).toBe(
      'The replication lag has grown from 2s to 1m 30s since it was approved. Go on?',
    );
    expect(await say(handle, 'approve', { by: 'dba-1', step: 'promote', hash: first })).toMatchObject({
      outcome: 'refused',
    });
    expect(await approve(handle)).not.toBe(first);
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect((await progressOfRun(handle)).events.map(({ sentence }) => sentence).join()).toContain(
      'Asked again: ',
    );
  });

  it('is not asked again within what may be lost', async () => {
    const handle = await start(['true'], [lag(2), lag(50)]);
    await approve(handle);
    expect((await handle.result()).steps).toMatchObject([{ state: 'passed' }]);
    expect(looked).toBe(2);
  });

  it('fails where it can not be done any more', async () => {
    const handle = await start(['true'], [lag(2), fault('Somebody paused the replay.')]);
    await approve(handle);
    const { step } = await waiting(handle, 'promote', 'decision');
    expect(step).toMatchObject({ attempts: 0, waitsFor: { sentence: 'Somebody paused the replay.' } });
    await say(handle, 'abort', { by: 'commander-1', reason: 'enough' });
    await handle.result();
  });
});

describe('what was approved, and failed', () => {
  const failing = ['sh', '-c', 'exit 3'];

  it('is tried again without being asked, as long as it is no worse', async () => {
    const handle = await start(failing, [lag(2)]);
    await approve(handle);
    await waiting(handle, 'promote', 'decision');
    await say(handle, 'retry', { by: 'dba-1', step: 'promote' });
    const { steps } = await seen(handle, (run) => run.steps[0]?.attempts === 2 && run.phase === 'asking');
    expect(steps[0]?.sentences).toHaveLength(2);
    await say(handle, 'abort', { by: 'commander-1', reason: 'enough' });
    await handle.result();
  });

  it('is asked again where it is worse by then', async () => {
    const handle = await start(failing, [lag(2), lag(2), lag(300)]);
    await approve(handle);
    await waiting(handle, 'promote', 'decision');
    await say(handle, 'retry', { by: 'dba-1', step: 'promote' });
    expect(await askedAgain(handle)).toContain('has grown from 2s to 5m since it was approved.');
    await say(handle, 'abort', { by: 'commander-1', reason: 'enough' });
    await handle.result();
  });
});
