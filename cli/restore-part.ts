import { HoldfastError } from '../policy/errors.ts';
import type { RestoreInput, RestoreResult } from '../workflows/contract-restore.ts';

/** What of a backup somebody wants, and how. */
export type PartOptions = { table?: string[]; schemaOnly?: boolean; globals?: boolean; jobs?: number };

/** Gathers an option that may be given several times. */
export const severalOption = (text: string, before: string[] = []): string[] => [...before, text];

/**
 * The part of a restore's input that says what of the backup, and how.
 *
 * @throws HoldfastError `bad-usage` where the options exclude each other
 */
export function partOf(options: PartOptions): Pick<RestoreInput, 'scope' | 'globals' | 'jobs'> {
  const { table, schemaOnly, globals, jobs } = options;
  if (table !== undefined && schemaOnly === true)
    throw new HoldfastError('bad-usage', 'Rows of some tables, or no rows at all: not both.', {
      hint: 'Give --table or --schema-only. The definitions of everything are restored with either.',
    });
  return {
    ...(table === undefined ? {} : { scope: { tables: table } }),
    ...(schemaOnly === true ? { scope: { schemaOnly } } : {}),
    ...(globals === false ? { globals } : {}),
    ...(jobs === undefined ? {} : { jobs }),
  };
}

/** A switch puts the whole database in place. @throws HoldfastError `bad-usage` where a part is asked for */
export function refuseParts(options: PartOptions): void {
  if (Object.keys(partOf(options)).length === 0) return;
  throw new HoldfastError('bad-usage', 'What takes the place of a live database is all of it.', {
    hint: 'Leave --table, --schema-only, --no-globals and --jobs out, or restore --into-scratch.',
  });
}

/** Whether everything that was asked for was restored from the first copy, and is equal. */
export function isAsAsked({ result, exceptions, leftOut = [] }: RestoreResult): boolean {
  return result === 'passed' || (result !== 'failed' && exceptions.length === leftOut.length);
}
