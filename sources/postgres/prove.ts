import type { Client } from 'pg';
import { Temporal } from 'temporal-polyfill';
import { HoldfastError } from '../../policy/errors.ts';
import { counted, formatDuration } from '../../policy/units.ts';
import type { Difference, Proof, ProofRequest, Proved, ScratchPlace, WorkContext } from '../source.ts';
import { compareFingerprints, differencesOf } from './compare.ts';
import { fingerprintsOf } from './compare-restored.ts';
import { connect, type Target } from './connection.ts';
import type { Fingerprint } from './fingerprint.ts';
import { askSmoke } from './smoke.ts';
import { newestOf } from './take-fingerprint.ts';

/**
 * What a restore test asks of a restored database.
 *
 * @param access whether owners and rights were restored
 */
export function provable(
  target: Target,
  access: boolean,
  work: WorkContext,
): Pick<ScratchPlace, 'prove' | 'environment'> {
  return {
    prove: (request) => prove(target, access, request, work),
    environment: async () => ({
      PGHOST: target.host,
      PGPORT: String(target.port),
      PGUSER: target.user,
      PGDATABASE: target.database,
      ...(target.password === undefined ? {} : { PGPASSWORD: await work.secret(target.password) }),
    }),
  };
}

async function prove(
  target: Target,
  access: boolean,
  request: ProofRequest,
  work: WorkContext,
): Promise<Proved> {
  const { fingerprint, freshness, smoke, timeout } = request;
  const { checks, warnings } =
    fingerprint === null
      ? { checks: [nothingToCompare], warnings: [] }
      : compared(await fingerprintsOf(target, fingerprint, work), access);
  const client = await connect(target, work);
  try {
    const indexes = await checkIndexes(client);
    checks.push(indexes.proof);
    const newest = freshness === undefined ? null : await newestRow(client, target, freshness);
    if (newest !== null) checks.push(newest.proof);
    for (const query of smoke) checks.push(await askSmoke(target, query, timeout, work));
    return { checks, warnings: [...warnings, ...indexes.warnings], newestRow: newest?.value ?? null };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The column may have come after the backup was made: its lack says nothing of the data. */
async function newestRow(
  client: Client,
  target: Target,
  wanted: NonNullable<ProofRequest['freshness']>,
): Promise<{ value: string | null; proof: Proof }> {
  try {
    const value = (await newestOf(client, wanted, target))?.value ?? null;
    return { value, proof: freshnessOf(value, wanted) };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { value: null, proof: { check: 'freshness', outcome: 'not-checked', sentence: error.sentence } };
  }
}

const nothingToCompare: Proof = {
  check: 'rows',
  outcome: 'not-checked',
  sentence: 'The backup was made without a fingerprint: nothing to compare with.',
};

/** One check for each thing that the fingerprint tells of. */
export function compared(
  { expected, actual }: { expected: Fingerprint; actual: Fingerprint },
  access: boolean,
): { checks: Proof[]; warnings: string[] } {
  const differences = differencesOf(expected, actual, { access });
  const tables = Object.values(expected.tables);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const objects = Object.keys(expected.schema).length;
  const sequences = Object.keys(expected.sequences).length;
  const checks: Proof[] = [
    proofOf('schema', differences.schema, `All ${objects} objects of the schema are as they were.`),
    proofOf(
      'rows',
      differences.rows,
      `Every table has the rows that it had: ${counted(rows, 'row')} in ${counted(tables.length, 'table')}.`,
    ),
  ];
  if (expected.mode === 'checksums')
    checks.push(proofOf('checksums', differences.checksums, 'Every row is what it was, by its checksum.'));
  checks.push(
    proofOf(
      'sequences',
      differences.sequences,
      `Every sequence is where it was, or beyond: ${sequences} of them.`,
    ),
  );
  return { checks, warnings: compareFingerprints(expected, actual, { access }).warnings };
}

/** Tables and numbers that a sentence names at most. */
const named = 10;

function proofOf(check: Proof['check'], differences: readonly Difference[], passed: string): Proof {
  if (differences.length === 0) return { check, outcome: 'passed', sentence: passed };
  const told = differences
    .slice(0, named)
    .map(({ what, expected, actual }) => `${what}: backed up ${expected}, restored ${actual}`);
  const more = differences.length > named ? `; and ${differences.length - named} more` : '';
  return { check, outcome: 'failed', sentence: `${told.join('; ')}${more}.` };
}

/** A restore builds every index; one that is not valid is not used by any query, and nobody is told. */
async function checkIndexes(client: Client): Promise<{ proof: Proof; warnings: string[] }> {
  const { rows } = await client.query<{ name: string; kind: string; valid: boolean }>(`
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind, i.indisvalid and i.indisready as valid
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`);
  const invalid = rows.filter(({ valid, kind }) => !valid && kind === 'i').map(({ name }) => name);
  // An index of a partitioned table is not valid while a partition lacks its part, also at the source.
  const partial = rows.filter(({ valid, kind }) => !valid && kind === 'I').map(({ name }) => name);
  const warnings =
    partial.length === 0 ? [] : [`Indexes that not every partition has its part of: ${listed(partial)}.`];
  const proof: Proof =
    invalid.length === 0
      ? {
          check: 'indexes',
          outcome: 'passed',
          sentence: `All ${rows.length - partial.length} indexes are valid.`,
        }
      : {
          check: 'indexes',
          outcome: 'failed',
          sentence: `${invalid.length} of ${rows.length} indexes are not valid after the restore: ${listed(invalid)}.`,
        };
  return { proof, warnings };
}

const listed = (names: readonly string[]): string =>
  names.slice(0, named).join(', ') + (names.length > named ? ` and ${names.length - named} more` : '');

/** Whether the newest row is no older than the RPO, measured from the instant that the data shows. */
export function freshnessOf(
  newest: string | null,
  { table, column, timezone, dataTime, within }: NonNullable<ProofRequest['freshness']>,
): Proof {
  const proof = (outcome: Proof['outcome'], sentence: string): Proof => ({
    check: 'freshness',
    outcome,
    sentence,
  });
  if (newest === null)
    return proof('failed', `${table}.${column} has no value: no row tells how fresh the data is.`);
  const at = instantOf(newest, timezone);
  if (at === null)
    return proof(
      'not-checked',
      `The newest value of ${table}.${column} is no time, so its age is not known.`,
    );
  const age = (Date.parse(dataTime) - at) / 1000;
  const told = `The newest row of ${table} is of ${new Date(at).toISOString()}, ${formatDuration(Math.max(age, 0))} before the data's ${dataTime}`;
  if (within === null) return proof('not-checked', `${told}; no tier says how old it may be.`);
  if (age > within) return proof('failed', `${told}: more than the RPO of ${formatDuration(within)}.`);
  return proof('passed', `${told}, within the RPO of ${formatDuration(within)}.`);
}

/** Milliseconds since 1970 of a value as PostgreSQL's JSON writes it; without a zone it is of the given one. */
function instantOf(value: string, timezone: string): number | null {
  if (!/^\d{4}-\d\d-\d\d/.test(value)) return null;
  try {
    if (/T.*(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(value)) return Temporal.Instant.from(value).epochMilliseconds;
    return Temporal.PlainDateTime.from(value).toZonedDateTime(timezone).epochMilliseconds;
  } catch {
    return null;
  }
}
