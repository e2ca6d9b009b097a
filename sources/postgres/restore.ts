import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { type CommandSpec, run, tiedToUs } from '../../process/index.ts';
import type { Manifest, ManifestFile } from '../../repository/manifest.ts';
import type { RestoreFacts, RestoreInput, ScratchPlace, WorkContext } from '../source.ts';
import { drained, feed, isDirectoryDump, unpack } from './archive.ts';
import type { Cluster } from './cluster.ts';
import { superuser } from './cluster-data.ts';
import { databaseArgument, type Target, toolEnvironment } from './connection.ts';
import { createDatabase, databaseNameOf } from './create-database.ts';
import { explainRestore } from './explain-restore.ts';
import type { Installation } from './tools.ts';

type Input = Parameters<ScratchPlace['restore']>[0];

/**
 * Tables and their rows by several jobs, then indexes and constraints by one: side by side, foreign keys of
 * partitioned tables run into deadlocks with other constraints. An index is still built by parallel workers.
 */
const sections = [['--section=pre-data', '--section=data', '--jobs=2'], ['--section=post-data']] as const;

/**
 * Restores a backup into the cluster: roles, then the database with the original's encoding and locale, then its
 * contents. Stops at the first error.
 *
 * @throws HoldfastError `mismatch` when PostgreSQL refuses what the dump says, `corrupt-copy` when the dump can't be
 *   read, `tool-missing` when an extension is not installed here: then the backup could not be tested.
 */
export async function restoreInto(cluster: Cluster, input: Input, work: WorkContext): Promise<RestoreFacts> {
  const startedAt = Date.now();
  const globals = input.manifest.files.find((file) => file.role === 'globals');
  const data = dataFileOf(input.manifest);
  const warnings =
    globals === undefined ? [] : await restoreGlobals(cluster, await input.open(globals), work);
  warnings.push(...(await createDatabase(cluster, input.manifest, work)));
  try {
    const target = cluster.target(databaseNameOf(input.manifest));
    const destination = { tools: cluster.tools, target, access: globals !== undefined };
    await restoreData(destination, await input.open(data), data, work);
  } catch (error) {
    throw explainRestore(error);
  }
  return { seconds: (Date.now() - startedAt) / 1000, warnings };
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
};

/** Restores a dump's contents into an empty database, and stops at the first error. */
export async function restoreData(
  { tools, target, access, role }: Destination,
  input: RestoreInput,
  data: ManifestFile,
  work: WorkContext,
): Promise<void> {
  const restore: CommandSpec = {
    command: join(tools.directory, 'pg_restore'),
    args: [
      '--exit-on-error',
      '--no-tablespaces',
      // A subscription would reach out to another server.
      '--no-subscriptions',
      '--no-password',
      `--dbname=${databaseArgument(target.database)}`,
      ...(access ? [] : ['--no-owner', '--no-privileges']),
      ...(role === undefined ? [] : [`--role=${role}`]),
    ],
    env: await toolEnvironment(target, work),
  };
  if (isDirectoryDump(data)) {
    const directory = await unpack(input, work.directory, work);
    for (const section of sections) {
      const args = [...restore.args, ...section, '--format=directory', directory];
      await run(await tiedToUs({ ...restore, args }), { signal: work.signal });
    }
  } else {
    await feed(input, await tiedToUs(drained(restore)), work);
  }
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
