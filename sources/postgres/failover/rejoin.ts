import { chmod, chown, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError, sentenceOf } from '../../../policy/errors.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import { run, tiedToUs } from '../../../process/index.ts';
import type { WorkContext } from '../../source.ts';
import type { User } from '../cluster-data.ts';
import { databaseArgument } from '../connection.ts';
import { sweepPlaces, writeOwner } from '../scratch-owner.ts';
import type { Installation } from '../tools.ts';
import { baseBackup, type Extent, readExtent, requireRoom } from './base-backup.ts';
import { type DataDirectory, examineDirectory, isMissing } from './data-directory.ts';
import { follow, followsOnPaper, passFileOf } from './follow.ts';
import { isKept, keepConfiguration, putConfiguration } from './own-configuration.ts';
import { connectable, onTarget, readState } from './state.ts';
import { environmentAs, program, programsOf } from './tools.ts';

/** A stopped server that is to follow a primary. */
export type Rejoining = {
  target: PostgresTarget;
  directory: string;
  primary: PostgresTarget;
  workflowId: string;
  /** Whether a directory that is prepared already is trusted, as an earlier attempt left it. */
  prepared: boolean;
};

export type Rejoined = {
  how: 'prepared' | 'rewound' | 'copied';
  /** Where what was in the directory is kept; null where nothing was moved. */
  keptAs: string | null;
  /** Why it was copied and not rewound. */
  because: string | null;
  /** What pg_rewind said. */
  output: string | null;
};

/**
 * Makes the directory of a stopped server that of a standby: by pg_rewind, which changes what differs, else by a copy of
 * the primary. What was there before a copy is moved aside and kept. The server's own configuration stays its own.
 *
 * @throws HoldfastError `refused` for a directory that is in use, is none, or is of another cluster; `disk-full`; and what
 *   the tools say
 */
export async function rejoin(order: Rejoining, work: WorkContext): Promise<Rejoined> {
  const { target, directory, primary } = order;
  const facts = await onTarget(primary, work, async (client) => ({
    ...(await readState(client)),
    ...(await readExtent(client)),
  }));
  await awaitCheckpoint(primary, work);
  const found = await examineDirectory(directory, work);
  requireSameCluster(found, facts.systemId, order);
  const tools = await programsOf(facts.major, `${primary.name} is of that version`);
  const { user } = found;
  const finish = (how: Omit<Rejoined, 'output'> & { output?: string }): Rejoined => ({
    output: null,
    ...how,
  });
  if (order.prepared && (await followsOnPaper(directory, target.name, primary)))
    return finish({ how: 'prepared', keptAs: null, because: null });
  const why = await whyNotRewind(found, facts.major, directory);
  if (why === null && found.kind === 'cluster') {
    try {
      const output = await rewind(order, { tools, user, clean: found.clean }, work);
      await follow(directory, target.name, primary, user, work);
      return finish({ how: 'rewound', keptAs: null, because: null, output });
    } catch (error) {
      if (work.signal.aborted) throw error;
      work.log('warn', `${target.name} could not be rewound: ${sentenceOf(error)}`);
      const keptAs = await copyAnew(order, facts, { tools, user }, work);
      return finish({ how: 'copied', keptAs, because: `pg_rewind failed: ${sentenceOf(error)}` });
    }
  }
  const keptAs = await copyAnew(order, facts, { tools, user }, work);
  return finish({ how: 'copied', keptAs, because: why });
}

/** Seconds that a checkpoint which we may not ask for can take. */
const checkpointWithin = 900;

/**
 * pg_rewind believes the control file of the source, which tells a new timeline only from the first checkpoint after the
 * promotion on (PostgreSQL's documentation of pg_rewind, "Warnings").
 */
async function awaitCheckpoint(primary: PostgresTarget, work: WorkContext): Promise<void> {
  await onTarget(primary, work, async (client) => {
    const { timeline } = await readState(client);
    const deadline = Date.now() + checkpointWithin * 1000;
    for (let asked = false; ; asked = true) {
      const { rows } = await client.query<{ timeline: number }>(
        'select timeline_id as timeline from pg_control_checkpoint()',
      );
      if ((rows[0]?.timeline ?? 0) >= timeline || Date.now() > deadline) return;
      // Only superusers and members of pg_checkpoint may; PostgreSQL makes one itself in a while.
      if (!asked) await client.query('checkpoint').catch(() => undefined);
      else await pause(500, undefined, { signal: work.signal }).catch(() => undefined);
    }
  });
}

/** Nothing but the target's own data is ever changed or moved. */
function requireSameCluster(found: DataDirectory, systemId: string, { directory, primary }: Rejoining): void {
  if (found.kind === 'empty' || found.systemId === systemId) return;
  throw new HoldfastError(
    'refused',
    `${directory} holds another cluster than ${primary.name} does: their system identifiers differ.`,
    { hint: 'Nothing in it is touched. Correct `directory`, or move it away by hand.' },
  );
}

/** Why a directory can't be rewound; null where it can be tried. */
async function whyNotRewind(found: DataDirectory, major: number, directory: string): Promise<string | null> {
  if (found.kind === 'empty') return 'there was nothing in its directory';
  if (found.major !== major) return `it is PostgreSQL ${found.major}, and the primary ${major}`;
  if (!found.rewindable) return 'it has neither checksums nor wal_log_hints';
  if (await isKept(directory)) return 'an earlier attempt was interrupted in the midst of it';
  return null;
}

/** @returns what pg_rewind said: where the histories parted */
async function rewind(
  { directory, primary }: Rejoining,
  { tools, user, clean }: { tools: Installation; user: User | null; clean: boolean },
  work: WorkContext,
): Promise<string> {
  const source = connectable(primary);
  const env = await environmentAs(user, source, work);
  const call = async (more: string[]) =>
    run(
      await tiedToUs({
        command: program(tools, 'pg_rewind'),
        args: [
          `--target-pgdata=${directory}`,
          `--source-server=${databaseArgument(source.database)}`,
          ...more,
        ],
        env: { ...env, LC_ALL: 'C' },
        cwd: directory,
        ...(user === null ? {} : { user }),
      }),
      { signal: work.signal },
    );
  // Without any effect, so that what can't be rewound is not broken by it. A server that crashed can't be tried so.
  if (clean) await call(['--dry-run']);
  await keepConfiguration(directory);
  const { stdout, stderr } = await call([]);
  await putConfiguration(directory, directory);
  return `${stdout}${stderr}`.trim();
}

/** Copies the primary beside the directory, moves what is there aside, and puts the copy in its place. */
async function copyAnew(
  { target, directory, primary, workflowId }: Rejoining,
  extent: Extent,
  { tools, user }: { tools: Installation; user: User | null },
  work: WorkContext,
): Promise<string | null> {
  if (extent.tablespaces.length > 0)
    throw new HoldfastError(
      'refused',
      `${primary.name} has tablespaces outside of its directory, and a copy would go over those of ${target.name}.`,
      { hint: `Make the standby by pg_basebackup with --tablespace-mapping by hand.` },
    );
  const parent = dirname(directory);
  const prefix = `${basename(directory)}.holdfast-new-`;
  await requireRoom(parent, extent.bytes, `Make room beside ${directory}: what is there is kept.`);
  await sweepPlaces(parent, prefix, work.log);
  const place = await mkdtemp(join(parent, prefix));
  try {
    await writeOwner(place, workflowId);
    const data = join(place, 'data');
    await mkdir(data, { mode: 0o700 });
    if (user !== null) {
      await chmod(place, 0o711);
      await chown(data, user.uid, user.gid);
    }
    await baseBackup(primary, data, { tools, user, mapping: [] }, work);
    await keepWhatIsThere(directory);
    await putConfiguration(directory, data);
    await follow(data, target.name, primary, user, work, passFileOf(directory));
    const keptAs = await moveAside(directory);
    await rename(data, directory);
    return keptAs;
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function keepWhatIsThere(directory: string): Promise<void> {
  await keepConfiguration(directory).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** @returns where it is kept; null where there was nothing */
async function moveAside(directory: string): Promise<string | null> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  const keptAs = `${directory}.before-${stamp}Z`;
  try {
    await rename(directory, keptAs);
    return keptAs;
  } catch (error) {
    if (isMissing(error)) return null;
    throw new HoldfastError('refused', `${directory} can't be moved aside.`, {
      hint: 'It may be a mount point: name a directory below it as the data directory.',
      cause: error,
    });
  }
}
