import { access, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../process/index.ts';

/**
 * PostgreSQL's own names at the top of a data directory. All else there is the server's own configuration, such as
 * postgresql.conf, conf.d and certificates, which a rewind or a copy would replace by another server's.
 */
const ofPostgres =
  /^(base|global|log|PG_VERSION|backup_label.*|backup_manifest|current_logfiles|logfile|postmaster\.(opts|pid)|tablespace_map.*|(standby|recovery)\.signal|pg_(?!hba\.conf$|ident\.conf$).*)$/;

/** Beside the data directory: what must not be lost when a worker dies while it rebuilds. */
const keptIn = (directory: string): string => `${directory}.holdfast-configuration`;

/** Whether an earlier attempt kept the configuration, and may have begun to change the directory. */
export function isKept(directory: string): Promise<boolean> {
  return access(keptIn(directory)).then(
    () => true,
    () => false,
  );
}

/** Copies the server's own configuration aside; what an earlier attempt kept is not replaced. */
export async function keepConfiguration(directory: string): Promise<void> {
  if (await isKept(directory)) return;
  const names = (await readdir(directory)).filter((name) => !ofPostgres.test(name));
  const draft = `${keptIn(directory)}.draft`;
  await rm(draft, { recursive: true, force: true });
  await run({ command: 'mkdir', args: ['-m', '700', '--', draft] });
  if (names.length > 0)
    await copyInto(
      draft,
      names.map((name) => join(directory, name)),
    );
  await rename(draft, keptIn(directory));
}

/** Puts the kept configuration into a directory, where any was kept. */
export async function putConfiguration(kept: string, directory: string): Promise<void> {
  if (!(await isKept(kept))) return;
  const names = await readdir(keptIn(kept));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
  if (names.length > 0)
    await copyInto(
      directory,
      names.map((name) => join(keptIn(kept), name)),
    );
}

/** Once the server runs with it. */
export async function dropKept(directory: string): Promise<void> {
  await rm(keptIn(directory), { recursive: true, force: true });
}

/** Owners, modes and links stay as they are. */
async function copyInto(directory: string, paths: string[]): Promise<void> {
  await run({ command: 'cp', args: ['-a', '--', ...paths, directory] });
}
