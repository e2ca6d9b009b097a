import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { taskQueueOf, type Workflows, workflowTypes } from '../../../workflows/contract.ts';
import { progressOfRun, say, waiting } from '../../support/failovers.ts';
import { failoverInput, runbook, step } from '../../support/runbooks.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';

let skipping: Skipping;

beforeAll(async () => {
  skipping = await openSkipping(['ams']);
});

afterAll(() => skipping?.close());

describe('somebody who is waited for', () => {
  it('is reminded in the step’s interval, from the third time on with whom it escalates to', async () => {
    const { client } = skipping.environment;
    const book = runbook([step('halt', { do: 'approve' }, { remind: 900, escalate: 'director' })]);
    const handle = await client.workflow.start<Workflows['failover']>(workflowTypes.failover, {
      workflowId: 'failover/reminded',
      taskQueue: taskQueueOf('ams'),
      args: [failoverInput(book)],
    });
    const { step: asked } = await waiting(handle, 'halt', 'approval');
    await skipping.environment.sleep('52m');
    const { events } = await progressOfRun(handle);
    expect(events.map(({ sentence }) => sentence).filter((text) => text.startsWith('Reminded'))).toEqual([
      'Reminded ops, 1 times by now.',
      'Reminded ops, 2 times by now.',
      'Reminded ops, director, 3 times by now.',
    ]);
    await say(handle, 'approve', { by: 'ops-1', step: 'halt', hash: asked.hash ?? '' });
    const result = await handle.result();
    expect(result).toMatchObject({ steps: [{ state: 'passed' }] });
    expect(result.rto.measured).toBeGreaterThan(3000);
  });
});
