import { plaintextNameOf } from '../../repository/layout.ts';
import type { Manifest } from '../../repository/manifest.ts';
import { isDirectoryDump } from './archive.ts';
import { databaseArgument } from './connection.ts';
import { databaseNameOf } from './create-database.ts';
import { dataFileOf } from './restore.ts';
import { neededMajor } from './scratch.ts';

/**
 * The section of RESTORE.md that makes a database out of the decrypted, decompressed files, with PostgreSQL's own
 * tools. It goes into a new server, never over a live database (law 5).
 */
export function restoreSteps(manifest: Manifest): string {
  const data = dataFileOf(manifest);
  const plain = plaintextNameOf(data.name);
  const globals = manifest.files.find((file) => file.role === 'globals');
  const major = neededMajor(manifest);
  const owners = globals === undefined ? ' --no-owner --no-privileges' : '';
  const directory = plain.replace(/\.tar$/, '');
  const unpacking = [
    'Unpack the directory dump:',
    '',
    '```sh',
    `mkdir ${directory} && tar --extract --file=${plain} --directory=${directory}`,
    '```',
    '',
  ];
  const roles = [
    'Create the roles and tablespaces. "already exists" about a role that the new server has anyway is harmless;',
    'create the directories of tablespaces first, or leave them out with `--no-tablespaces` below.',
    '',
    '```sh',
    `psql --dbname=postgres --file=${globals === undefined ? '' : plaintextNameOf(globals.name)}`,
    '```',
    '',
  ];
  return [
    `You need the client tools of PostgreSQL ${major} or newer (pg_restore, psql), and a new server of ${manifest.server}`,
    'or a later version to restore into. Set PGHOST, PGPORT, PGUSER (a superuser) and PGPASSWORD for that server.',
    'Never restore over a database that is in use.',
    '',
    ...(globals === undefined ? [] : roles),
    ...(isDirectoryDump(data) ? unpacking : []),
    `Create the database ${inline(databaseNameOf(manifest))} with its encoding, locale and settings, and fill it:`,
    '',
    '```sh',
    ...(isDirectoryDump(data)
      ? directoryCommands(manifest, owners, directory)
      : [`${create(owners)} ${plain}`]),
    '```',
    '',
    'Then let the planner know the data: `vacuumdb --all --analyze-only`.',
    '',
  ].join('\n');
}

function create(options: string): string {
  return `pg_restore --create --exit-on-error${options} --dbname=postgres`;
}

/** Constraints by one job: those of partitioned tables can deadlock side by side. */
function directoryCommands(manifest: Manifest, owners: string, directory: string): string[] {
  const database = `"${databaseArgument(databaseNameOf(manifest)).replace(/[\\"$`]/g, '\\$&')}"`;
  return [
    `${create(`${owners} --jobs=4 --section=pre-data --section=data`)} ${directory}`,
    `pg_restore --exit-on-error${owners} --section=post-data --dbname=${database} ${directory}`,
  ];
}

/** A name as Markdown code, whatever it holds. */
function inline(name: string): string {
  return name.includes('`') ? `\`\` ${name} \`\`` : `\`${name}\``;
}
