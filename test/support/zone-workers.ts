import { Worker, type WorkerOptions } from '@temporalio/worker';
import { taskQueueOf, urgentQueueOf } from '../../workflows/contract.ts';

type Options = Omit<WorkerOptions, 'taskQueue' | 'workflowBundle'> &
  Pick<Required<WorkerOptions>, 'workflowBundle'>;

/** The workers of a zone in this process, as production has them; gives what ends them. */
export async function runZone(
  zone: string,
  { workflowBundle, ...common }: Options,
): Promise<() => Promise<void>> {
  const workers = await Promise.all([
    // One thread for workflows: each more would load their code once more.
    Worker.create({ ...common, taskQueue: taskQueueOf(zone), workflowBundle, workflowThreadPoolSize: 1 }),
    Worker.create({ ...common, taskQueue: urgentQueueOf(zone) }),
  ]);
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await ended;
  };
}
