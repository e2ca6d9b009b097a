import { type Client, escapeIdentifier } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { WorkContext } from '../source.ts';
import { connect, type Target } from './connection.ts';
import { explainOnServer } from './explain-server.ts';
import { readMark, type ScratchMark } from './scratch-mark.ts';

/** By whom a server is swept. */
export type Sweeping = {
  /** Removes also what this run itself left before. */
  workflowId?: string;
  isOver?(workflowId: string): Promise<boolean>;
};

/**
 * Removes the scratch databases of a server that nobody wants any more: of runs that are over, and those whose time is.
 * A database without our mark stays, whatever its name. What can't be removed is logged, and left for the next time.
 *
 * @returns names of what was removed
 */
export async function sweepServer(
  target: Target,
  work: () => WorkContext,
  sweeping: Sweeping = {},
): Promise<string[]> {
  const context = work();
  const client = await connect(target, context);
  try {
    const removed: string[] = [];
    for (const { name, mark } of await findMarked(client)) {
      if (!(await isLeftover(mark, sweeping))) continue;
      try {
        await drop(client, name);
        context.log('info', `Removed the scratch database ${name} on ${target.name}, which nobody wants.`);
        removed.push(name);
      } catch (error) {
        const { sentence } = explainOnServer(error, target);
        context.log(
          'warn',
          `The scratch database ${name} on ${target.name} could not be removed: ${sentence}`,
        );
      }
    }
    return removed;
  } finally {
    await client.end();
  }
}

async function isLeftover(mark: ScratchMark, { workflowId, isOver }: Sweeping): Promise<boolean> {
  if (mark.workflowId === workflowId || Date.parse(mark.until) <= Date.now()) return true;
  // Who can't be asked may still want it.
  return isOver === undefined ? false : isOver(mark.workflowId).catch(() => false);
}

/**
 * Removes one scratch database of a run, ending the sessions in it, and looks that it is gone (law 13). One that is gone
 * already, or is no scratch database of this run any more, is left alone.
 *
 * @throws HoldfastError `process-failed` when it is still there
 */
export async function dropMarked(
  target: Target,
  work: WorkContext,
  database: string,
  workflowId: string,
): Promise<void> {
  const client = await connect(target, work);
  try {
    const own = async () =>
      (await findMarked(client)).some(
        ({ name, mark }) => name === database && mark.workflowId === workflowId,
      );
    if (!(await own())) return;
    await drop(client, database).catch((error: unknown) => {
      throw explainOnServer(error, target);
    });
    if (await own())
      throw new HoldfastError('process-failed', `The scratch database ${database} could not be removed.`, {
        hint: `Remove it by hand on ${target.name}.`,
      });
  } finally {
    await client.end();
  }
}

async function findMarked(client: Client): Promise<{ name: string; mark: ScratchMark }[]> {
  const { rows } = await client.query<{ name: string; comment: string | null }>(
    `select datname as name, shobj_description(oid, 'pg_database') as comment from pg_database
     where datname like 'holdfast\\_%' order by 1`,
  );
  return rows.flatMap(({ name, comment }) => {
    const mark = readMark(name, comment);
    return mark === null ? [] : [{ name, mark }];
  });
}

const drop = (client: Client, name: string) =>
  client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
