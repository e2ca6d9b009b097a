import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { HoldfastError } from '../../../policy/errors.ts';
import type { ScratchServer } from '../../../policy/resolved-proof.ts';
import type { WorkContext } from '../../source.ts';
import { takeGrants } from '../attributes.ts';
import { type Renaming, renameDatabases } from '../rename.ts';
import { databaseName } from '../scratch-mark.ts';
import { onMaintenance, targetOn } from '../server-scratch.ts';
import { type RestoredMark, readRestored, restoredText } from './restored-mark.ts';

/** What has a name on a server that a restored database is to get. */
export type NameOnServer =
  | { kind: 'free' }
  /** This very step put it there. */
  | { kind: 'done' }
  /** A drill put it there: it may be made anew. */
  | { kind: 'rehearsed'; oid: number }
  | { kind: 'taken'; oid: number };

/** Looks what has the name now. */
export async function lookAtName(
  server: ScratchServer,
  database: string,
  { run, step, mode }: Pick<RestoredMark, 'run' | 'step' | 'mode'>,
  work: WorkContext,
): Promise<NameOnServer> {
  const found = await onMaintenance(server, work, (client) => readName(client, database));
  if (found === null) return { kind: 'free' };
  const mark = readRestored(found.comment);
  if (mark?.run === run && mark.step === step) return { kind: 'done' };
  const again = mode === 'drill' && mark?.mode === 'drill';
  return { kind: again ? 'rehearsed' : 'taken', oid: found.oid };
}

/** A verified scratch database that is to get a name. */
export type PutOrder = {
  scratch: string;
  scratchOid: number;
  database: string;
  /** The database that has the name, and what it is called then; null where the name is free. */
  former: { oid: number; keptAs: string } | null;
  mark: RestoredMark;
};

/**
 * Gives a verified scratch database its name, and everybody the rights that a new database gives, in one transaction.
 *
 * @throws HoldfastError `refused` when the databases are not what they were
 */
export async function putRestored(server: ScratchServer, order: PutOrder, work: WorkContext): Promise<void> {
  const { scratch, scratchOid, database, former, mark } = order;
  const renamings: Renaming[] = [{ oid: scratchOid, from: scratch, to: database }];
  if (former !== null) renamings.unshift({ oid: former.oid, from: database, to: former.keptAs });
  await renameDatabases(targetOn(server), work, renamings, async (client) => {
    const name = escapeIdentifier(database);
    await client.query(`comment on database ${name} is ${escapeLiteral(restoredText(mark))}`);
    await takeGrants(client, database);
    await client.query(`grant all on database ${name} to current_user`);
    await client.query(`grant connect, temporary on database ${name} to public`);
  });
}

/** The name under which a former database is kept. */
export const keptName = (database: string, at: Date): string =>
  databaseName(database, `_before_${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}`);

/**
 * Drops a database that a drill made, and looks that it is gone (law 13). Any other is left alone.
 *
 * @returns whether there was one
 */
export async function dropRehearsed(
  server: ScratchServer,
  database: string,
  work: WorkContext,
): Promise<boolean> {
  return onMaintenance(server, work, async (client) => {
    const own = async () =>
      readRestored((await readName(client, database))?.comment ?? null)?.mode === 'drill';
    if (!(await own())) return false;
    await client.query(`drop database if exists ${escapeIdentifier(database)} with (force)`);
    if (await own())
      throw new HoldfastError('process-failed', `The database ${database} of a drill could not be removed.`, {
        hint: `Remove it by hand on ${server.name}.`,
      });
    return true;
  });
}

async function readName(
  client: Client,
  database: string,
): Promise<{ oid: number; comment: string | null } | null> {
  const { rows } = await client.query<{ oid: number; comment: string | null }>(
    `select oid, shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
    [database],
  );
  return rows[0] ?? null;
}
