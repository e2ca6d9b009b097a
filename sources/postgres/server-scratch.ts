import { randomBytes } from 'node:crypto';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { ScratchServer } from '../../policy/resolved-proof.ts';
import type { Manifest } from '../../repository/manifest.ts';
import type { OnServer, ScratchPlace, WorkContext } from '../source.ts';
import { granteesOf } from './attributes.ts';
import type { Restored } from './compare-part.ts';
import { compareWith } from './compare-restored.ts';
import { connect, databaseInShell, serverVersion, type Target } from './connection.ts';
import { createLike, databaseNameOf } from './create-database.ts';
import { explainRestore } from './explain-restore.ts';
import { explainOnServer } from './explain-server.ts';
import { provable } from './prove.ts';
import { dataFileOf, leftOutOf, restoreData } from './restore.ts';
import { neededMajor } from './scratch.ts';
import { databaseName, markText } from './scratch-mark.ts';
import { dropMarked, sweepServer } from './server-sweep.ts';
import { chooseTools, findInstallations } from './tools.ts';

/** How a scratch database is made that is to become more than that. */
export type Becoming = {
  /** Whose everything is; absent: our role's. */
  owner?: string;
  tablespace?: string;
  /** Whether objects get the owners and rights that they had, instead of all being the owner's. */
  access: boolean;
};

export type ServerPlace = ScratchPlace & {
  database: string;
  /** Tells the database from any other of the same name. */
  oid: number;
  target: Target;
};

/** Databases that every server has; nobody renames or drops the one that it is connected to. */
export const maintenanceDatabase = 'postgres';

const lockSeconds = 60;

/** A database of a declared server, as connections want it. */
export const targetOn = (server: ScratchServer, database = maintenanceDatabase): Target => ({
  ...server,
  database,
  lockTimeout: lockSeconds,
});

/**
 * Makes a database of its own on a declared server: with the original's encoding and locale, under a name that nothing
 * else has, with a comment that says whose it is. Nobody but our role, and superusers, may connect to it, from before the
 * first byte of data. Leftovers of runs that are over are removed on the way. Globals stay out: roles belong to the server.
 *
 * @throws HoldfastError `version-mismatch` when the server is older than what the backup is of; what `connect` throws
 */
export async function openOnServer(
  manifest: Manifest,
  work: WorkContext,
  on: OnServer,
  becoming: Becoming = { access: false },
): Promise<ServerPlace> {
  const { server } = on;
  const calm = await outliving(work, server);
  await sweepServer(targetOn(server), calm, on);
  // One that was made and not marked yet would be removed by nobody: a cancellation waits for that.
  const { database, oid, warnings } = await make(manifest, calm(), on, becoming);
  const target = targetOn(server, database);
  const destroy = () => dropMarked(targetOn(server), calm(), database, on.workflowId);
  try {
    const tools = chooseTools(await findInstallations(), neededMajor(manifest));
    const { access, owner } = becoming;
    let restored: Restored = 'all';
    return {
      database,
      oid,
      target,
      connect: `${databaseInShell(database)} psql -h ${server.host} -p ${server.port} -U ${server.user}`,
      restore: async ({ open, how }) => {
        const startedAt = Date.now();
        const data = dataFileOf(manifest);
        const destination = {
          tools,
          target,
          access,
          ...(access || owner === undefined ? {} : { role: owner }),
        };
        try {
          restored = await restoreData(destination, () => open(data), data, { work, how });
        } catch (error) {
          throw explainRestore(error, server.name);
        }
        const roles = manifest.files.some(({ role }) => role === 'globals');
        const leftOut = leftOutOf(restored, roles && !access);
        const seconds = (Date.now() - startedAt) / 1000;
        return { seconds, warnings, ...(leftOut.length === 0 ? {} : { leftOut }) };
      },
      compare: (json) => compareWith(target, json, access, work, restored),
      ...provable(target, access, work),
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

/** A context for what must be done although the work was cancelled; its password was read while there was time. */
async function outliving(work: WorkContext, server: ScratchServer): Promise<() => WorkContext> {
  const password = server.password === undefined ? '' : await work.secret(server.password);
  return () => ({ ...work, signal: AbortSignal.timeout(120_000), secret: async () => password });
}

type Made = { database: string; oid: number; warnings: string[] };

async function make(
  manifest: Manifest,
  work: WorkContext,
  { server, workflowId, until }: OnServer,
  { owner, tablespace }: Becoming,
): Promise<Made> {
  const database = databaseName(`holdfast_${randomBytes(4).toString('hex')}_${databaseNameOf(manifest)}`);
  const place = targetOn(server);
  const client = await connect(place, work);
  try {
    const major = Math.floor((await serverVersion(client)) / 10_000);
    requireAsNew(manifest, major, server);
    const origin = manifest.origin ?? {};
    const warnings = await createLike(client, origin, {
      name: database,
      major,
      // Everybody may connect to a new database. Whoever came in before it is closed would stay in, and see the data.
      connectionLimit: 0,
      ...(owner === undefined ? {} : { owner }),
      ...(tablespace === undefined ? {} : { tablespace }),
    });
    const name = escapeIdentifier(database);
    await client.query(`comment on database ${name} is ${escapeLiteral(markText({ workflowId, until }))}`);
    await closeToOthers(client, database);
    await client.query(`alter database ${name} connection limit -1`);
    return { database, oid: await oidOf(client, database), warnings };
  } catch (error) {
    throw explainOnServer(error, place);
  } finally {
    await client.end();
  }
}

function requireAsNew(manifest: Manifest, major: number, server: ScratchServer): void {
  const needed = Number(/\d+/.exec(manifest.server)?.[0] ?? 0);
  if (major >= needed) return;
  throw new HoldfastError(
    'version-mismatch',
    `The server ${server.name} is PostgreSQL ${major}, and the backup is of PostgreSQL ${needed}.`,
    { hint: 'Name a server that is as new as the source.' },
  );
}

/**
 * Lets nobody connect to a database but our role; superusers always can.
 *
 * @throws HoldfastError `access-denied` when somebody still may
 */
export async function closeToOthers(client: Client, database: string): Promise<void> {
  const name = escapeIdentifier(database);
  for (const grantee of await granteesOf(client, database))
    await client.query(`revoke connect, temporary on database ${name} from ${grantee}`);
  await client.query(`grant connect, temporary on database ${name} to current_user`);
  const { rows: left } = await client.query(
    `select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
     where d.datname = $1 and a.privilege_type = 'CONNECT' and a.grantee <> current_user::regrole`,
    [database],
  );
  if (left.length > 0)
    throw new HoldfastError(
      'access-denied',
      `Others may still connect to the scratch database ${database}.`,
      {
        hint: 'The role must be a member of the role that owns the database.',
      },
    );
}

/** Does something on a server's maintenance database. @throws HoldfastError as `explainOnServer` tells */
export async function onMaintenance<T>(
  server: ScratchServer,
  work: WorkContext,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const target = targetOn(server);
  const client = await connect(target, work);
  try {
    return await body(client);
  } catch (error) {
    throw explainOnServer(error, target);
  } finally {
    await client.end();
  }
}

async function oidOf(client: Client, database: string): Promise<number> {
  const { rows } = await client.query<{ oid: number }>('select oid from pg_database where datname = $1', [
    database,
  ]);
  const [found] = rows;
  if (found === undefined) throw new Error(`the database ${database} is not there`);
  return found.oid;
}
