import { describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure, RetryState } from '@temporalio/common';
import { workflowError } from '../../../cli/run-workflow.ts';

const denied = ApplicationFailure.nonRetryable('The credentials may not do that.', 'access-denied');
const ofActivity = (cause: Error) =>
  new ActivityFailure(
    'Activity task failed',
    'sweepRepository',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'worker',
    cause,
  );
const failed = (cause: Error) =>
  new WorkflowFailedError('Workflow execution failed', cause, RetryState.RETRY_POLICY_NOT_SET);

describe('what a failed run tells', () => {
  it.each([
    ['the workflow itself', denied],
    ['one of its activities', ofActivity(denied)],
  ])('is the code and the sentence of %s', (_, cause) => {
    expect(workflowError(failed(cause), 'sweep/offsite/1')).toMatchObject({
      code: 'access-denied',
      message: 'The credentials may not do that.',
    });
  });

  it('is that it was cancelled, or ended from outside', () => {
    const cancelled = workflowError(failed(ofActivity(new CancelledFailure('cancelled'))), 'sweep/offsite/1');
    expect(cancelled).toMatchObject({ code: 'interrupted', message: 'sweep/offsite/1 was cancelled.' });
    expect(workflowError(failed(new Error('gone')), 'sweep/offsite/1')).toMatchObject({
      message: expect.stringMatching(/ended from outside/),
    });
  });
});
