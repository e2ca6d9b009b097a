import { z } from 'zod';
import { type RunMode, runModes } from '../policy/resolved-failover.ts';
import type { EvidenceDocument } from '../repository/index.ts';
import { evidencePath, listEvidence, readEvidence } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { EvidenceKind } from '../workflows/contract-evidence.ts';
import type { EarlierRun } from '../workflows/contract-failover.ts';
import type { ReadEarlierRunsInput } from './failover-types.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import { isSimulated } from './steps/sayings.ts';
import type { Work } from './work.ts';

const mostRuns = 50;

const kindOf: Record<RunMode, EvidenceKind> = { real: 'failover', drill: 'drill', tabletop: 'drill' };

/** What is read of a run's report; see `FailoverResult`. */
const told = z.object({
  workflowId: z.string(),
  mode: z.enum(runModes),
  version: z.string(),
  result: z.enum(['passed', 'passed-with-exceptions', 'failed', 'aborted']),
  drill: z.object({ name: z.string().optional() }).nullish(),
  rto: z.object({ measured: z.number().nullable() }),
  steps: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      startedAt: z.string().nullable(),
      endedAt: z.string().nullable(),
      sentences: z.array(z.string()),
    }),
  ),
});

/**
 * Earlier runs of a runbook, newest first, as the signed reports in repositories tell; each once, wherever it is found
 * first. A report that can't be believed or read does not count as a run: a forged drill would say that all is well.
 *
 * @throws HoldfastError when none of the repositories could be read: no news is not "never drilled"
 */
export async function readEarlierRuns(work: Work, input: ReadEarlierRunsInput): Promise<EarlierRun[]> {
  const runs = new Map<string, EarlierRun>();
  let fault: unknown = null;
  let read = 0;
  for (const repository of input.repositories) {
    try {
      await withRepository(repository, work.signal, (store) => readFrom(store, input, runs, work));
      read += 1;
    } catch (error) {
      if (work.signal.aborted) throw error;
      work.log('warn', `Reports in ${repository.name} could not be read: ${reasonOf(error).sentence}`);
      fault = error;
    }
  }
  if (read === 0 && fault !== null) throw fault;
  return newestFirst([...runs.values()], ({ at }) => at).slice(0, mostRuns);
}

async function readFrom(
  store: Store,
  { runbook, modes, signers }: ReadEarlierRunsInput,
  runs: Map<string, EarlierRun>,
  work: Work,
): Promise<void> {
  const kinds = new Set(modes.map((mode) => kindOf[mode]));
  const found: string[] = [];
  for (const kind of kinds)
    for (const path of await listEvidence(store, `${kind}/`, work.signal))
      if (isOf(path, runbook)) found.push(path);
  for (const path of newestFirst(found, stampIn).slice(0, mostRuns)) {
    if (runs.has(path)) continue;
    try {
      const { evidence } = await readEvidence(store, path, signers, work.signal);
      const run = runOf(evidence, path);
      if (run !== null && evidence.subject === runbook && modes.includes(run.mode)) runs.set(path, run);
    } catch (error) {
      if (work.signal.aborted) throw error;
      work.log('warn', `The report ${path} in ${store.name} does not count: ${reasonOf(error).sentence}`);
    }
  }
}

/** A run as its report tells it; null for one that lies under another's name, or is of another form. */
function runOf(evidence: EvidenceDocument, path: string): EarlierRun | null {
  const read = told.safeParse(evidence.document);
  if (!read.success || evidencePath(evidence) !== path) return null;
  const { workflowId, mode, version, result, rto, steps, drill } = read.data;
  if (evidence.kind !== kindOf[mode]) return null;
  const done = steps.filter(({ state }) => state === 'passed' || state === 'passed-with-exceptions');
  return {
    workflowId,
    mode,
    version,
    at: evidence.at,
    result,
    ...(drill?.name === undefined ? {} : { drill: drill.name }),
    rto: rto.measured,
    steps: Object.fromEntries(
      done.flatMap(({ id, startedAt, endedAt }) =>
        startedAt === null || endedAt === null
          ? []
          : [[id, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000]],
      ),
    ),
    simulated: done.filter(({ sentences }) => sentences.some(isSimulated)).map(({ id }) => id),
  };
}

/** Names of runbooks have nothing that a path would change. */
const isOf = (path: string, runbook: string): boolean => /\d{8}T\d{6}Z-(.+)$/.exec(path)?.[1] === runbook;

const stampIn = (path: string): string => /\d{8}T\d{6}Z/.exec(path)?.[0] ?? '';

function newestFirst<T>(items: T[], at: (item: T) => string): T[] {
  return items.toSorted((a, b) => (at(a) < at(b) ? 1 : -1));
}
