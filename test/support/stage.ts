import { WorkflowFailedError, type WorkflowHandle, type WorkflowResultType } from '@temporalio/client';
import type { LoadedPolicy } from '../../policy/index.ts';
import { type Lab, openLab } from '../../tools/lab/lab.ts';
import { progressQuery, taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import type { BackupProgress } from '../../workflows/contract-backup.ts';
import { type Orchestra, startOrchestra } from './orchestra.ts';

/** A real Temporal, workers for both zones of the lab, and a policy that is published. */
export type Stage = {
  orchestra: Orchestra;
  lab: Lab;
  /** Writes, loads and publishes a policy. */
  apply(sections: Record<string, unknown>): Promise<LoadedPolicy['policy']>;
  start<K extends keyof Workflows>(
    type: K,
    input: Parameters<Workflows[K]>[0],
    workflowId?: string,
  ): Promise<WorkflowHandle<Workflows[K]>>;
  execute<K extends keyof Workflows>(
    type: K,
    input: Parameters<Workflows[K]>[0],
    workflowId?: string,
  ): Promise<WorkflowResultType<Workflows[K]>>;
  close(): Promise<void>;
};

export async function openStage(zones: string[] = ['fra', 'ams']): Promise<Stage> {
  const [orchestra, lab] = await Promise.all([startOrchestra(zones), openLab()]);
  let count = 0;
  const start: Stage['start'] = (type, input, workflowId) => {
    count += 1;
    return orchestra.client.workflow.start(workflowTypes[type], {
      workflowId: workflowId ?? `test/${type}/${count}`,
      taskQueue: taskQueueOf('fra'),
      args: [input],
    });
  };
  const execute: Stage['execute'] = async (type, input, workflowId) =>
    (await start(type, input, workflowId)).result();
  return {
    orchestra,
    lab,
    start,
    execute,
    apply: async (sections) => {
      const { policy, source } = await lab.usePolicy(sections);
      const { organization, hash } = policy;
      const published = await execute('publishPolicy', {
        organization,
        hash,
        text: source,
        repositories: Object.values(policy.repositories),
      });
      const failed = published.repositories.find(({ outcome }) => outcome === 'failed');
      if (failed !== undefined) throw new Error(`${failed.repository}: ${failed.sentence}`);
      return policy;
    },
    close: async () => {
      await orchestra.close();
      await lab.close();
    },
  };
}

/** The type and the sentence with which a workflow failed. */
export async function failureOf(result: Promise<unknown>): Promise<{ code: string; sentence: string }> {
  try {
    await result;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError) || error.cause === undefined) throw error;
    const code = 'type' in error.cause ? String(error.cause.type) : error.cause.name;
    return { code, sentence: error.cause.message };
  }
  throw new Error('the workflow did not fail');
}

/** What a running backup answers to the query `progress`. */
export function progressOf(handle: Pick<WorkflowHandle, 'query'>): Promise<BackupProgress> {
  return handle.query<BackupProgress>(progressQuery);
}
