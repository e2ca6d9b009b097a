import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ScratchServer } from '../policy/resolved-proof.ts';
import type { OnServer } from '../sources/source.ts';

/**
 * A scratch place on a declared server for the running workflow.
 *
 * @param until when anybody may remove it; ISO 8601
 */
export function onServer(server: ScratchServer, until: string): OnServer {
  return {
    server,
    workflowId: Context.current().info.workflowExecution?.workflowId ?? '',
    until,
    isOver: isWorkflowOver,
  };
}

/** Seconds after which anybody may remove what a lost worker left on a declared server. */
const longest = 2 * 86_400;

/**
 * The declared server that an activity makes its scratch place on.
 *
 * @param server absent: none, and the place is a private one of this worker
 * @param kept seconds for which it stays for people
 */
export function placeOn(server: ScratchServer | undefined, kept = 0): OnServer | undefined {
  if (server === undefined) return undefined;
  return onServer(server, new Date(Date.now() + (longest + kept) * 1000).toISOString());
}

/**
 * Whether Temporal says that a run has ended. One that it does not know may be of another Temporal, which uses the same
 * server: it is not over.
 */
export async function isWorkflowOver(workflowId: string): Promise<boolean> {
  try {
    const { status } = await Context.current().client.workflow.getHandle(workflowId).describe();
    return status.name !== 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
