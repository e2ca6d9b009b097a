import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HoldfastError, sentenceOf } from '../../policy/errors.ts';
import { type CommandSpec, run, tiedToUs } from '../../process/index.ts';
import type { Manifest, ManifestFile } from '../../repository/manifest.ts';
import type { RestoreFacts, RestoreHow, RestoreInput, ScratchPlace, WorkContext } from '../source.ts';
import { drained, feed, isDirectoryDump, unpack } from './archive.ts';
import type { Cluster } from './cluster.ts';
import { superuser } from './cluster-data.ts';
import type { Restored } from './compare-part.ts';
import { databaseArgument, type Target, toolEnvironment } from './connection.ts';
import { createDatabase, databaseNameOf } from './create-database.ts';
import { dumpFile } from './dump-file.ts';
import { chooseDefinitions, choosePart, type Part } from './restore-part.ts';
import type { Installation } from './tools.ts';

type Input = Parameters<ScratchPlace['restore']>[0];

/**
 * Tables and their rows by several jobs, then indexes and constraints by one: side by side, foreign keys of
 * partitioned tables run into deadlocks with other constraints. An index is still built by parallel workers.
 */
const sections = (jobs: number) =>
  [['--section=pre-data', '--section=data', `--jobs=${jobs}`], ['--section=post-data']] as const;

/** Jobs for a dump that is a directory in any case. */
const directoryJobs = 2;

/**
 * Restores a backup into the cluster: roles, then the database with the original's encoding and locale, then its
 * contents. Stops at the first error.
 *
 * @throws HoldfastError what the tools said; `explainRestore` tells what that means
 */
export async function restoreInto(
  cluster: Cluster,
  { manifest, open, how = {} }: Input,
  work: WorkContext,
): Promise<RestoreFacts & { restored: Restored; access: boolean }> {
  const startedAt = Date.now();
  const saved = manifest.files.find((file) => file.role === 'globals');
  const globals = how.globals === false ? undefined : saved;
  const access = globals !== undefined;
  const data = dataFileOf(manifest);
  const warnings = globals === undefined ? [] : await restoreGlobals(cluster, await open(globals), work);
  warnings.push(...(await createDatabase(cluster, manifest, work)));
  const restored = await restoreFast(cluster, { manifest, open, how }, { access, data }, work);
  const leftOut = leftOutOf(restored, saved !== undefined && !access);
  const seconds = (Date.now() - startedAt) / 1000;
  return { seconds, warnings, restored, access, ...(leftOut.length === 0 ? {} : { leftOut }) };
}

/**
 * In one transaction, which with `wal_level = minimal` writes no log for the rows of tables that it has made itself
 * (PostgreSQL manual, "Populating a Database"). It holds a lock for every object that it makes: where there are too
 * many for that, once more without.
 */
async function restoreFast(
  cluster: Cluster,
  { manifest, open, how = {} }: Input,
  { access, data }: { access: boolean; data: ManifestFile },
  work: WorkContext,
): Promise<Restored> {
  const target = cluster.target(databaseNameOf(manifest));
  const destination = { tools: cluster.tools, target, access };
  const restore = (to: Destination) => restoreData(to, () => open(data), data, { work, how });
  try {
    return await restore({ ...destination, oneTransaction: true });
  } catch (error) {
    if (!/max_locks_per_transaction/.test(sentenceOf(error))) throw error;
    await createDatabase(cluster, manifest, work);
    return restore(destination);
  }
}

/**
 * What of a backup a restore left out, as asked.
 *
 * @param bare whether it has roles, and they were left out
 */
export function leftOutOf(restored: Restored, bare: boolean): string[] {
  const roles = bare ? ['Roles, owners and rights were left out.'] : [];
  if (restored === 'all') return roles;
  const { tables, foreignKeys, materializedViews } = restored;
  const names = tables.map(({ schema, name }) => `${schema}.${name}`).join(', ');
  return [
    ...roles,
    tables.length === 0
      ? 'No rows were restored: every table is empty.'
      : `Rows were restored of ${names} alone: every other table is there, and empty.`,
    ...(foreignKeys === 0 ? [] : [`Foreign keys were left out: ${foreignKeys}.`]),
    ...(materializedViews === 0 ? [] : [`Materialized views were not filled: ${materializedViews}.`]),
  ];
}

/** The file of a backup that holds its data. */
export function dataFileOf(manifest: Manifest): ManifestFile {
  const file = manifest.files.find((one) => one.role === 'data');
  if (file === undefined)
    throw new HoldfastError('corrupt-copy', `The manifest of ${manifest.backupId} names no data file.`);
  return file;
}

/** An empty database that a dump goes into. */
export type Destination = {
  tools: Installation;
  target: Target;
  /** Whether objects get the owners and rights that they had: their roles must be there. */
  access: boolean;
  /** Who makes every object, and so owns it; absent: the target's own role. */
  role?: string;
  /** Whether one job does it all in one transaction. Several jobs can't. */
  oneTransaction?: boolean;
};

/** Restores a dump's contents, or what is asked for of them, into an empty database, and stops at the first error. */
export async function restoreData(
  { tools, target, access, role, oneTransaction = false }: Destination,
  open: () => Promise<RestoreInput>,
  data: ManifestFile,
  { work, how = {} }: { work: WorkContext; how?: RestoreHow | undefined },
): Promise<Restored> {
  const pgRestore = join(tools.directory, 'pg_restore');
  const dump = await readable(open, data, { work, jobs: how.jobs ?? 1 });
  const part = isPartial(how) ? choose(await list(pgRestore, dump, work), how) : null;
  const restore: CommandSpec = {
    command: pgRestore,
    args: [
      '--exit-on-error',
      '--no-tablespaces',
      // A subscription would reach out to another server.
      '--no-subscriptions',
      '--no-password',
      `--dbname=${databaseArgument(target.database)}`,
      ...(access ? [] : ['--no-owner', '--no-privileges']),
      ...(role === undefined ? [] : [`--role=${role}`]),
      ...(part === null ? [] : [`--use-list=${await listFile(part.list, work)}`]),
    ],
    env: await toolEnvironment(target, work),
  };
  if ('path' in dump) {
    for (const section of sections(dump.jobs)) {
      const args = [...restore.args, ...section, dump.path];
      await run(await tiedToUs({ ...restore, args }), { signal: work.signal });
    }
    await rm(dump.path, { recursive: true });
  } else {
    const args = [...restore.args, ...(oneTransaction ? ['--single-transaction'] : [])];
    await feed(await dump.open(), await tiedToUs(drained({ ...restore, args })), work);
  }
  return part ?? 'all';
}

const isPartial = ({ tables, schemaOnly }: RestoreHow): boolean =>
  tables !== undefined || schemaOnly === true;

/** pg_restore's own `--schema-only` fills materialized views, and `--table` leaves indexes and defaults out. */
function choose(listing: string, { tables = [], schemaOnly }: RestoreHow): Part {
  return schemaOnly === true ? chooseDefinitions(listing) : choosePart(listing, tables);
}

/** A dump as pg_restore reads it: a file or a directory that several jobs jump in, or a stream for one job. */
type Dump = { path: string; jobs: number } | { open: () => Promise<RestoreInput> };

async function readable(
  open: () => Promise<RestoreInput>,
  data: ManifestFile,
  { work, jobs }: { work: WorkContext; jobs: number },
): Promise<Dump> {
  if (isDirectoryDump(data))
    return { path: await unpack(await open(), work.directory, work), jobs: Math.max(jobs, directoryJobs) };
  return jobs > 1 ? { path: await dumpFile(await open(), data, work), jobs } : { open };
}

async function list(pgRestore: string, dump: Dump, work: WorkContext): Promise<string> {
  const listing: CommandSpec = { command: pgRestore, args: ['--list'], env: { LC_ALL: 'C' } };
  if ('open' in dump) return feed(await dump.open(), drained(listing), work);
  const args = [...listing.args, dump.path];
  return (await run({ ...listing, args }, { signal: work.signal })).stdout;
}

async function listFile(text: string, work: WorkContext): Promise<string> {
  const directory = await mkdtemp(join(work.directory, 'list-'));
  const path = join(directory, 'list');
  await writeFile(path, text);
  return path;
}

/** Roles are restored as far as they can be; each that can't is a warning. */
async function restoreGlobals(cluster: Cluster, input: RestoreInput, work: WorkContext): Promise<string[]> {
  const script = scratchGlobals(await feed(input, { command: 'cat', args: [] }, work));
  const result = await run(
    {
      command: join(cluster.tools.directory, 'psql'),
      args: ['--no-psqlrc', '--quiet', '--no-password', '--file=-'],
      env: await toolEnvironment(cluster.target('postgres'), work),
    },
    { signal: work.signal, stdin: script },
  );
  const errors = result.stderr.split('\n').filter((line) => /ERROR:/.test(line));
  return errors.map((line) => `Roles: ${line.replace(/^.*?ERROR:\s*/, '')}`);
}

/**
 * The part of pg_dumpall's globals that belongs into a scratch place: without tablespaces, whose directories are not
 * here, and without what would change the scratch server's own superuser.
 */
export function scratchGlobals(script: string): string {
  const own = new RegExp(`^(CREATE|ALTER) ROLE ${superuser}\\b`);
  const tablespace =
    /^(CREATE|ALTER|DROP) TABLESPACE |^(GRANT|REVOKE) .* ON TABLESPACE |^COMMENT ON TABLESPACE /;
  return script
    .split('\n')
    .filter((line) => !own.test(line) && !tablespace.test(line))
    .join('\n');
}
