import { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import { HoldfastError } from '../policy/errors.ts';

/**
 * The argument of the workflow that this activity works for, read from the first event of its run: what is large and
 * many activities need is in a history once, and not once for each of them.
 *
 * @throws HoldfastError `interrupted` when Temporal does not tell it
 */
export async function inputOfRun<Input>(): Promise<Input> {
  const { client, info } = Context.current();
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  const page = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const [payload] = started?.input?.payloads ?? [];
  if (payload === undefined)
    throw new HoldfastError('interrupted', 'Temporal does not tell with what this run was started.');
  return defaultPayloadConverter.fromPayload<Input>(payload);
}
