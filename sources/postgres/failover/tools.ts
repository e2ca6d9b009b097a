import { join } from 'node:path';
import { HoldfastError } from '../../../policy/errors.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import type { WorkContext } from '../../source.ts';
import type { User } from '../cluster-data.ts';
import { type Target, toolEnvironment } from '../connection.ts';
import { findInstallations, type Installation } from '../tools.ts';
import { connectable } from './state.ts';

/**
 * The programs of a server's own major version: a data directory belongs to one.
 *
 * @throws HoldfastError `version-mismatch` when this worker has no server of that version
 */
export async function programsOf(major: number, why: string): Promise<Installation> {
  const found = (await findInstallations()).find((one) => one.server && one.major === major);
  if (found !== undefined) return found;
  throw new HoldfastError(
    'version-mismatch',
    `This worker has no server programs of PostgreSQL ${major}, and ${why}.`,
    {
      hint: `Install postgresql-${major}, or name the directory of its programs in HOLDFAST_POSTGRES_BIN.`,
    },
  );
}

/** A program of an installation. */
export const program = ({ directory }: Installation, name: string): string => join(directory, name);

/** A server, as whoever copies it connects: by its own role for replication where the policy names one. */
export function asReplica(target: PostgresTarget): Target {
  const { user, password, ...place } = connectable(target);
  const own = { user, ...(password === undefined ? {} : { password }) };
  return { ...place, ...(target.replication ?? own) };
}

/**
 * The environment that brings a tool to a server. A tool that runs as another user can't read a file of ours, and gets the
 * password in its environment alone.
 */
export async function environmentAs(
  user: User | null,
  target: Target,
  work: WorkContext,
): Promise<Record<string, string>> {
  const { PGPASSFILE, ...environment } = await toolEnvironment(target, work);
  if (PGPASSFILE === undefined || target.password === undefined) return environment;
  if (user === null) return { ...environment, PGPASSFILE };
  return { ...environment, PGPASSWORD: await work.secret(target.password) };
}
