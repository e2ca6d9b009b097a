import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { PostgresTarget, StepCommon } from '../../policy/resolved-failover.ts';
import type { ScratchServer } from '../../policy/resolved-proof.ts';
import { formatDuration } from '../../policy/units.ts';
import {
  dropRehearsed,
  keptName,
  lookAtName,
  type NameOnServer,
  putRestored,
} from '../../sources/postgres/failover/index.ts';
import { openOnServer } from '../../sources/postgres/index.ts';
import type { OnServer } from '../../sources/source.ts';
import {
  type Fact,
  knownFacts,
  type StepReport,
  type StepRun,
} from '../../workflows/contract-failover-steps.ts';
import { isWorkflowOver } from '../on-server.ts';
import { whileReading } from '../reading-marker.ts';
import { restoreEqual } from '../refresh.ts';
import { type CopyToRestore, withPlace, withScratch } from '../restored.ts';
import type { Work } from '../work.ts';
import { newestProven, type ProvenCopy } from './proven.ts';
import { reported } from './said.ts';

export type Restoration = {
  plan: ResolvedPlan;
  /** Null: a scratch place of this worker, which is destroyed. */
  server: PostgresTarget | null;
  database: string;
  /** What becomes of a database that has the name: law 5 knows no third. */
  former: 'refuse' | 'keep aside';
};

type Named = Pick<StepCommon, 'id'>;

/** Seconds after which anybody may remove what a lost worker left on a server. */
const longest = 2 * 86_400;

/**
 * Restores the newest proven backup of a plan: into a scratch database, compares it with what was backed up, and only then
 * gives it its name (law 5). Repeated, finds that it is there.
 *
 * @throws HoldfastError `not-found` without a proven backup, `already-exists` where the name is taken, `mismatch` where it
 *   is not what was backed up; and what restores throw
 */
export async function restoreProven(
  step: Named,
  { plan, server, database, former }: Restoration,
  run: StepRun,
  work: Work,
): Promise<StepReport> {
  const place = server === null ? null : serverOf(server);
  const name = place === null ? null : await lookAtName(place, database, markOf(step, run), work);
  if (name?.kind === 'done')
    return reported(`${database} on ${server?.name} had been restored by an earlier attempt.`);
  if (name?.kind === 'taken' && former === 'refuse') throw taken(database, server?.name ?? '');
  const { newest, newer, warnings } = await newestProven(plan, run.lost, work);
  if (newest === null) throw nothingProven(plan, warnings);
  const startedAt = Date.now();
  const { repository, backup } = newest;
  const copy = { backup, repository, signers: plan.signers, keys: [plan.key] };
  const { value, warnings: unmarked } = await whileReading(work, repository, backup, 0, async () =>
    place === null || name === null
      ? { keptAs: null, ...(await intoScratch(copy, work)) }
      : intoServer({ step, place, database, name, copy }, run, work),
  );
  const { dataTime, keptAs, warnings: restoring } = value;
  const where = server === null ? 'into a scratch place, which is gone' : `as ${database} on ${server.name}`;
  const kept = keptAs === null ? '' : ` What had the name is kept as ${keptAs}.`;
  const took = formatDuration((Date.now() - startedAt) / 1000);
  return reported(`${backup.backupId} of ${plan.name} was restored ${where}, and compared: ${took}.${kept}`, {
    results: [...factsOf(newest), { name: knownFacts.newestData, value: dataTime }],
    exceptions: [...warnings, ...newerSaid(newer), ...restoring, ...unmarked],
  });
}

/** What a restore would be of. */
export const factsOf = ({ backup, repository, startedAt, provenAt }: ProvenCopy): Fact[] => [
  { name: 'backup', value: `${backup.source}/${backup.backupId} in ${repository.name}` },
  { name: knownFacts.begun, value: startedAt },
  { name: 'proven', value: provenAt },
];

export const newerSaid = (newer: number): string[] =>
  newer === 0 ? [] : [`${newer === 1 ? 'A newer backup was' : `${newer} newer backups were`} never proven.`];

export function nothingProven({ name }: ResolvedPlan, warnings: readonly string[]): HoldfastError {
  const why = warnings.length === 0 ? '' : ` ${warnings.join(' ')}`;
  return new HoldfastError('not-found', `No proven backup of ${name} can be read here.${why}`, {
    hint: 'Run `holdfast restore-test run`, or restore one by hand that nobody has proven.',
  });
}

export function taken(database: string, server: string): HoldfastError {
  return new HoldfastError('already-exists', `${server} has a database ${database} already.`, {
    hint: 'Nothing is restored over it. Rename or drop it first, or name another `database`.',
  });
}

/** A target, as scratch databases are made on it. */
export function serverOf({ name, zone, host, port, user, password, ssl }: PostgresTarget): ScratchServer {
  return { name, zone, host, port, ssl, user, ...(password === undefined ? {} : { password }) };
}

/** By which step of which run a database is made. */
export const markOf = ({ id }: Named, { workflowId, runId, mode }: StepRun) => ({
  run: `${workflowId} ${runId}`,
  step: id,
  mode: mode === 'real' ? ('real' as const) : ('drill' as const),
});

type Into = {
  step: Named;
  place: ScratchServer;
  database: string;
  name: NameOnServer;
  copy: CopyToRestore;
};

type Restored = { dataTime: string; keptAs: string | null; warnings: string[] };

async function intoServer(
  { step, place, database, name, copy }: Into,
  run: StepRun,
  work: Work,
): Promise<Restored> {
  const on = scratchFor(step, place, run);
  return withPlace(
    work,
    copy,
    (manifest) => openOnServer(manifest, work, on, { access: true }),
    async (opened, scratch) => {
      try {
        const warnings = await restoreEqual(opened, scratch, 1);
        const backup = `${copy.backup.source}/${copy.backup.backupId}`;
        // What a drill made is no one's data: it makes room, and nothing is left of it (law 13).
        if (name.kind === 'rehearsed') await dropRehearsed(place, database, work);
        const keptAs = name.kind === 'taken' ? keptName(database, new Date()) : null;
        const order = {
          scratch: scratch.database,
          scratchOid: scratch.oid,
          database,
          former: name.kind === 'taken' && keptAs !== null ? { oid: name.oid, keptAs } : null,
          mark: { ...markOf(step, run), backup },
        };
        await putRestored(place, order, work);
        return { dataTime: opened.manifest.dataTime, keptAs, warnings };
      } catch (error) {
        await scratch.destroy();
        throw error;
      }
    },
  );
}

async function intoScratch(copy: CopyToRestore, work: Work): Promise<Omit<Restored, 'keptAs'>> {
  return withScratch(work, copy, async (opened) => {
    const warnings = await restoreEqual(opened, opened.scratch, 1);
    return { dataTime: opened.manifest.dataTime, warnings };
  });
}

/** Steps of one run restore side by side: what another one is making is none of ours. */
function scratchFor({ id }: Named, server: ScratchServer, { workflowId }: StepRun): OnServer {
  return {
    server,
    workflowId: `${workflowId}#${id}`,
    until: new Date(Date.now() + longest * 1000).toISOString(),
    isOver: (of) => isWorkflowOver(of.replace(/#.*$/, '')),
  };
}
