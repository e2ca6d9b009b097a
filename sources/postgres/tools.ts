import { access, constants, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import { run } from '../../process/index.ts';

/** PostgreSQL programs in one directory. */
export type Installation = {
  directory: string;
  /** As pg_dump tells it: `15.18`. */
  version: string;
  major: number;
  /** Whether the server's programs are there too, so that a scratch place can run on it. */
  server: boolean;
};

/** The server versions that Holdfast is made for and tested with. */
export const supportedMajors = { oldest: 13, newest: 18 } as const;

/**
 * Every PostgreSQL installation on this worker, newest first. HOLDFAST_POSTGRES_BIN, directories with `:` between
 * them, replaces the search; else it looks where the Debian and Red Hat packages put theirs, and on PATH.
 */
export async function findInstallations(): Promise<Installation[]> {
  const told = process.env.HOLDFAST_POSTGRES_BIN;
  const path = (process.env.PATH ?? '').split(delimiter);
  const all = told === undefined ? [...(await packaged()), ...path] : told.split(delimiter);
  const directories = all.filter((directory) => directory !== '');
  const found = await Promise.all([...new Set(directories)].map(inspect));
  return found
    .filter((one) => one !== null)
    .sort((a, b) => b.major - a.major || compareVersions(b.version, a.version));
}

/**
 * The client tools for a server: of the installations at least as new as the server, the closest major version, and
 * of that the newest. Closest, because pg_dump and pg_restore of a later major write settings that an earlier
 * server refuses (17's `transaction_timeout`), and such a dump could not go back into a server like its own.
 *
 * @throws HoldfastError `tool-missing` without any pg_dump, `version-mismatch` when all are older than the server.
 */
export function chooseTools(
  installations: Installation[],
  atLeastMajor: number,
  server = false,
): Installation {
  const wanted = server ? installations.filter((one) => one.server) : installations;
  const [newest] = wanted;
  if (newest === undefined) throw noTools(atLeastMajor, server);
  const chosen = wanted
    .filter((one) => one.major >= atLeastMajor)
    .reduce<Installation | undefined>(
      (best, one) => (best && best.major <= one.major ? best : one),
      undefined,
    );
  if (chosen !== undefined) return chosen;
  const needed = server ? 'A scratch place needs a PostgreSQL server' : 'The server is PostgreSQL';
  throw new HoldfastError(
    'version-mismatch',
    server
      ? `${needed} ${atLeastMajor} or newer; the newest on this worker is ${newest.version} (${newest.directory}).`
      : `${needed} ${atLeastMajor}, and the newest pg_dump on this worker is ${newest.version} (${newest.directory}): it can't dump a newer server.`,
    { hint: installHint(atLeastMajor, server) },
  );
}

async function packaged(): Promise<string[]> {
  const debian = await children('/usr/lib/postgresql');
  const redHat = (await children('/usr')).filter((name) => /^pgsql-\d+$/.test(name));
  return [
    ...debian.map((name) => join('/usr/lib/postgresql', name, 'bin')),
    ...redHat.map((name) => join('/usr', name, 'bin')),
  ];
}

async function children(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

async function inspect(directory: string): Promise<Installation | null> {
  const pgDump = join(directory, 'pg_dump');
  if (!(await executable(pgDump))) return null;
  const version = /(\d+)(?:\.\d+)*/.exec(await versionText(pgDump));
  if (version === null || version[1] === undefined) return null;
  const programs = await Promise.all(
    ['postgres', 'initdb', 'pg_restore', 'psql'].map((name) => executable(join(directory, name))),
  );
  return { directory, version: version[0], major: Number(version[1]), server: programs.every(Boolean) };
}

/** One backup asks several times: an answer holds for a minute, and as long as the program's file stays the same. */
const answerSeconds = 60;
const answers = new Map<string, { file: string; until: number; text: Promise<string> }>();

/** What `pg_dump --version` says; empty when it says nothing. */
async function versionText(pgDump: string): Promise<string> {
  const facts = await stat(pgDump).catch(() => null);
  const file = `${facts?.ino}:${facts?.size}:${facts?.mtimeMs}`;
  const known = answers.get(pgDump);
  if (known !== undefined && known.file === file && performance.now() < known.until) return known.text;
  const text = run({ command: pgDump, args: ['--version'] }, { timeout: 20 }).then(
    ({ stdout }) => stdout,
    () => {
      answers.delete(pgDump);
      return '';
    },
  );
  answers.set(pgDump, { file, until: performance.now() + answerSeconds * 1000, text });
  return text;
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function noTools(major: number, server: boolean): HoldfastError {
  const what = server ? 'server that could run a scratch place' : 'client tools (pg_dump)';
  return new HoldfastError('tool-missing', `This worker has no PostgreSQL ${what}.`, {
    hint: installHint(major, server),
  });
}

function installHint(major: number, server: boolean): string {
  const name = server ? `postgresql-${major}` : `postgresql-client-${major}`;
  return `Install ${name} (on Debian from PostgreSQL's own packages), or name the directory of its programs in HOLDFAST_POSTGRES_BIN.`;
}
