import { escapeIdentifier, escapeLiteral } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { ScratchServer } from '../../policy/resolved-proof.ts';
import type { WorkContext } from '../source.ts';
import { giveAttributes } from './attributes.ts';
import { connect } from './connection.ts';
import { type DatabaseFacts, readDatabase } from './database-facts.ts';
import { heldByPrepared, type Renaming, renameDatabases, renamed } from './rename.ts';
import { markText, readMark } from './scratch-mark.ts';
import { closeToOthers, maintenanceDatabase, onMaintenance, targetOn } from './server-scratch.ts';

/** A scratch database that takes the place of a live one on the same server. Names and what tells them apart. */
export type SwitchOrder = {
  live: string;
  liveOid: number;
  scratch: string;
  scratchOid: number;
  /** What the live one is called afterwards. */
  keptAs: string;
  /** The run whose mark the scratch database bears. */
  workflowId: string;
};

const renamingsOf = (order: SwitchOrder): Renaming[] => [
  { oid: order.liveOid, from: order.live, to: order.keptAs },
  { oid: order.scratchOid, from: order.scratch, to: order.live },
];

/**
 * The live database as it is, after finding out whether our role may replace it.
 *
 * @throws HoldfastError `not-found`, `access-denied`, or `refused` when a prepared transaction holds it
 */
export async function examineLive(
  server: ScratchServer,
  live: string,
  work: WorkContext,
): Promise<DatabaseFacts> {
  return onMaintenance(server, work, async (client) => {
    if (live === maintenanceDatabase)
      throw new HoldfastError(
        'refused',
        `The database ${live} can't be switched: it is where renaming is done from.`,
      );
    const facts = await readDatabase(client, live);
    const { rows } = await client.query<{ may: boolean }>(
      `select rolsuper or rolcreatedb and pg_has_role(current_user, $1::name, 'usage') as may
       from pg_roles where rolname = current_user`,
      [facts.owner],
    );
    if (rows[0]?.may !== true)
      throw new HoldfastError(
        'access-denied',
        `The role ${server.user} may not rename the database ${live}.`,
        {
          hint: `It needs CREATEDB, and membership in ${facts.owner}, which owns it: docs/sql/switch-role.sql grants both.`,
        },
      );
    if (facts.prepared.length > 0) throw heldByPrepared(live, facts.prepared);
    return facts;
  });
}

/**
 * Tries on the scratch database what it will be given when it takes the live one's place, and takes it back.
 *
 * @returns statements for settings that our role may not make
 * @throws HoldfastError `access-denied` when it can't get the owner or the rights
 */
export async function rehearse(
  server: ScratchServer,
  { live, scratch }: Pick<SwitchOrder, 'live' | 'scratch'>,
  work: WorkContext,
): Promise<string[]> {
  return onMaintenance(server, work, async (client) => {
    const attributes = await readDatabase(client, live);
    await client.query('begin');
    const refused = await giveAttributes(client, scratch, attributes);
    await client.query('rollback');
    return refused.map((statement) => statement.replace(escapeIdentifier(scratch), escapeIdentifier(live)));
  });
}

/**
 * Puts the scratch database in place of the live one, in one transaction: names, owner, rights and settings. Repeated, it
 * finds that it is done.
 *
 * @throws HoldfastError `refused` when the databases are not those of the order, or can't be renamed
 */
export async function switchDatabases(
  server: ScratchServer,
  order: SwitchOrder,
  work: WorkContext,
): Promise<void> {
  await renameDatabases(targetOn(server), work, renamingsOf(order), async (client) => {
    const restored = await readDatabase(client, order.live);
    if (readMark(order.scratch, restored.comment)?.workflowId !== order.workflowId)
      throw new HoldfastError(
        'refused',
        `The database ${order.scratch} is not the one that this run restored.`,
      );
    await giveAttributes(client, order.live, await readDatabase(client, order.keptAs));
  });
}

/**
 * Gives the databases back the names that they had before, and makes the restored one a scratch database again. Where
 * nothing was switched, nothing is done.
 *
 * @param until when the scratch database may be removed; ISO 8601
 * @returns whether there was anything to undo
 */
export async function undoSwitch(
  server: ScratchServer,
  order: SwitchOrder,
  until: string,
  work: WorkContext,
): Promise<boolean> {
  const renamings = renamingsOf(order);
  const state = await onMaintenance(server, work, (client) => renamed(client, renamings));
  if (state === 'before') return false;
  const back = renamings.map(({ oid, from, to }) => ({ oid, from: to, to: from })).reverse();
  await renameDatabases(targetOn(server), work, back, async (client) => {
    const mark = markText({ workflowId: order.workflowId, until });
    const name = escapeIdentifier(order.scratch);
    await client.query(`comment on database ${name} is ${escapeLiteral(mark)}`);
    await closeToOthers(client, order.scratch);
  });
  return true;
}

/**
 * Looks whether the restored database is the live one now, and takes connections.
 *
 * @throws HoldfastError `mismatch` when it is not
 */
export async function checkSwitched(
  server: ScratchServer,
  order: SwitchOrder,
  work: WorkContext,
): Promise<void> {
  const state = await onMaintenance(server, work, (client) => renamed(client, renamingsOf(order)));
  const client = await connect(targetOn(server, order.live), work);
  try {
    const { rows } = await client.query<{ oid: number }>(
      'select oid from pg_database where datname = current_database()',
    );
    if (state === 'after' && rows[0]?.oid === order.scratchOid) return;
  } finally {
    await client.end();
  }
  throw new HoldfastError('mismatch', `The live database ${order.live} is not the one that was restored.`);
}
