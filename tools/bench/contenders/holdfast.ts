import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError } from '../../../policy/errors.ts';
import type { Contender } from '../facts.ts';
import { phaseSeconds } from '../history.ts';
import { timed } from '../measure.ts';
import { type Place, type PlanName, runWorkflow } from '../place.ts';
import type { BenchWorker } from '../worker.ts';
import type { Rival } from './contender.ts';

type Mode = 'one' | 'off' | 'counts' | 'checksums';

/** Holdfast itself, by a worker of its own process: to a directory and, but for `one`, to S3 at once. */
export function holdfast(place: Place, worker: BenchWorker, plan: Mode): Rival {
  const name: Contender = `holdfast-${plan}`;
  return {
    name,
    backUp: async (round) => {
      const workflowId = `bench/${name}/${round}`;
      const { result, ...time } = await timed(() => runBackup(place, plan, workflowId));
      const { events } = await place.client.workflow.getHandle(workflowId).fetchHistory();
      const parts = { ...phaseSeconds(events ?? []), streaming: streamingSeconds(worker, workflowId) };
      await forgetLocalCopies(place);
      return { ...time, parts, storedBytes: result.bytes };
    },
  };
}

/**
 * Runs one backup to its end.
 *
 * @throws HoldfastError `process-failed` when a copy is missing
 */
export async function runBackup(place: Place, plan: PlanName, workflowId: string) {
  const result = await runWorkflow(place, 'backup', workflowId, { plan: place.planOf(plan) });
  if (result.result === 'passed') return result;
  throw new HoldfastError('process-failed', `A backup has exceptions: ${result.exceptions.join(' ')}`);
}

/** Marks the repositories as Holdfast's, as `holdfast apply` does. */
export async function claimRepositories(place: Place): Promise<void> {
  const { organization, policyHash, copies } = place.planOf('counts');
  const input = { organization, hash: policyHash, text: '', repositories: copies };
  const { repositories } = await runWorkflow(place, 'publishPolicy', 'bench/publish', input);
  const failed = repositories.find(({ outcome }) => outcome === 'failed');
  if (failed !== undefined) throw new HoldfastError('process-failed', failed.sentence ?? failed.repository);
}

/** From opening the copies to their end, as the worker logged it. */
function streamingSeconds(worker: BenchWorker, workflowId: string): number {
  const entry = worker.log.find((line) => line.workflowId === workflowId && line.role === 'data');
  return Number(entry?.seconds);
}

/** Copies in S3 stay: removing them would keep the server busy while the next contender runs. */
async function forgetLocalCopies(place: Place): Promise<void> {
  for (const source of ['shop', 'small', 'empty'])
    await rm(join(await place.lab.repositoryPath('local'), source), { recursive: true, force: true });
}
