import { createHash } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedRefresh, ScratchServer } from '../../policy/resolved-proof.ts';
import type { WorkContext } from '../source.ts';
import { takeGrants } from './attributes.ts';
import { isRemade, remadeText } from './remade-mark.ts';
import { type Renaming, renameDatabases } from './rename.ts';
import { databaseName, markText } from './scratch-mark.ts';
import { closeToOthers, onMaintenance, targetOn } from './server-scratch.ts';
import { dropMarked } from './server-sweep.ts';

/** A masked scratch database that is to get the name of a development database. */
export type RemakeOrder = {
  scratch: string;
  scratchOid: number;
  database: string;
  /** The database that has the name now; null where there is none. */
  formerOid: number | null;
  owner: string;
  /** The run whose mark the scratch database bears. */
  workflowId: string;
};

/**
 * The database that a refresh would replace, after finding out whether it may: only one that a refresh has made is ever
 * replaced (law 5).
 *
 * @returns its number; null where there is none yet
 * @throws HoldfastError `refused` for any other database, `not-found` without the owner, `access-denied`
 */
export async function examineTarget(
  { server, database, owner }: Pick<ResolvedRefresh, 'server' | 'database' | 'owner'>,
  work: WorkContext,
): Promise<number | null> {
  return onMaintenance(server, work, async (client) => {
    const { rows: roles } = await client.query<{ may: boolean }>(
      `select pg_has_role(current_user, r.oid, 'member') as may from pg_roles r where r.rolname = $1`,
      [owner],
    );
    if (roles[0] === undefined)
      throw new HoldfastError(
        'not-found',
        `The server ${server.name} has no role ${owner}, which is to own ${database}.`,
        {
          hint: 'Create it, or correct `owner`.',
        },
      );
    if (!roles[0].may)
      throw new HoldfastError(
        'access-denied',
        `The role ${server.user} may not make a database for ${owner}.`,
        {
          hint: `Grant ${owner} to it: docs/sql/scratch-role.sql says what else it needs.`,
        },
      );
    const { rows } = await client.query<{ oid: number; comment: string | null }>(
      `select oid, shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
      [database],
    );
    const [former] = rows;
    if (former === undefined) return null;
    if (isRemade(former.comment)) return former.oid;
    throw new HoldfastError(
      'refused',
      `The database ${database} on ${server.name} was not made by a refresh, and is left as it is.`,
      {
        hint: 'Rename or drop it first, or choose another name: a refresh replaces only what a refresh has made.',
      },
    );
  });
}

/**
 * Gives the masked database its name, its owner's rights and its mark in one transaction, and then drops the former one.
 * Repeated, it does what is left.
 *
 * @throws HoldfastError `refused` when the databases are not what they were
 */
export async function publishRemade(
  server: ScratchServer,
  order: RemakeOrder,
  made: { refresh: string; backup: string; at: string; until: string },
  work: WorkContext,
): Promise<void> {
  const { database, scratch, scratchOid, formerOid, owner, workflowId } = order;
  const former = formerName(order);
  const renamings: Renaming[] = [{ oid: scratchOid, from: scratch, to: database }];
  if (formerOid !== null) renamings.unshift({ oid: formerOid, from: database, to: former });
  if (!(await isPublished(server, order, work)))
    await renameDatabases(targetOn(server), work, renamings, async (client) => {
      if (formerOid !== null) {
        const mark = markText({ workflowId, until: made.until });
        await client.query(`comment on database ${escapeIdentifier(former)} is ${escapeLiteral(mark)}`);
        await closeToOthers(client, former);
      }
      const name = escapeIdentifier(database);
      const { refresh, backup, at } = made;
      await client.query(
        `comment on database ${name} is ${escapeLiteral(remadeText({ refresh, backup, at }))}`,
      );
      await takeGrants(client, database);
      await client.query(`grant all on database ${name} to ${escapeIdentifier(owner)}`);
    });
  if (formerOid !== null) await dropMarked(targetOn(server), work, former, workflowId);
}

/** Whether an earlier attempt has come so far; the former database may be gone by then. */
async function isPublished(server: ScratchServer, order: RemakeOrder, work: WorkContext): Promise<boolean> {
  return onMaintenance(server, work, async (client) => {
    const { rows } = await client.query<{ oid: number }>('select oid from pg_database where datname = $1', [
      order.database,
    ]);
    return rows[0]?.oid === order.scratchOid;
  });
}

/** The same in every attempt of a run, and no scratch database's: their digits are random. */
function formerName({ database, workflowId }: RemakeOrder): string {
  const digits = createHash('sha256').update(workflowId).digest('hex').slice(0, 8);
  return databaseName(`holdfast_${digits}_former_${database}`);
}
