import type { Client } from 'pg';
import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresSource, ResolvedPlan } from '../../policy/resolved.ts';
import { formatDuration } from '../../policy/units.ts';
import type { BackupSession, FingerprintDocument, WorkContext } from '../source.ts';
import { connect, serverVersion, toolEnvironment } from './connection.ts';
import { explainQuery } from './explain.ts';
import { documentOf, type SequenceState } from './fingerprint.ts';
import { readSequences } from './sequences.ts';
import { streamsOf } from './streams.ts';
import { takeFingerprint } from './take-fingerprint.ts';
import { chooseTools, findInstallations, supportedMajors } from './tools.ts';

/**
 * Opens one consistent view of the database: a transaction that exports its snapshot, held open until `close`, which
 * pg_dump and the fingerprint read through. It holds back vacuum for as long, which is logged every hour.
 *
 * @throws HoldfastError as `connect` and `chooseTools` tell; `version-mismatch` for a server older than supported.
 */
export async function openBackup(
  source: PostgresSource,
  plan: Pick<ResolvedPlan, 'recent'>,
  work: WorkContext,
): Promise<BackupSession> {
  const client = await connect(source, work);
  try {
    const version = await serverVersion(client);
    const major = Math.floor(version / 10_000);
    requireSupported(major, source);
    const tools = chooseTools(await findInstallations(), major);
    // Before the snapshot and before any dump: what pg_dump reads of a sequence is then never behind this.
    const sequences = source.fingerprint === 'off' ? {} : await readSequences(client);
    const view = await exportSnapshot(client);
    const holding = holdOpen(client, source, work);
    const environment = await toolEnvironment(source, work);
    const { snapshot, estimatedBytes } = view;
    return {
      facts: {
        server: `PostgreSQL ${view.server}`,
        tools: { pg_dump: tools.version },
        estimatedBytes,
        origin: view.origin,
      },
      dataTime: view.dataTime,
      streams: streamsOf({ source, work, tools, snapshot, environment, estimatedBytes }),
      fingerprint: () => fingerprint(source, plan, work, snapshot, sequences),
      close: async () => {
        clearInterval(holding);
        await client.end().catch(() => undefined);
      },
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw explainQuery(error, source);
  }
}

function requireSupported(major: number, source: PostgresSource): void {
  if (major >= supportedMajors.oldest) return;
  throw new HoldfastError(
    'version-mismatch',
    `The server of ${source.name} is PostgreSQL ${major}; Holdfast backs up ${supportedMajors.oldest} to ${supportedMajors.newest}.`,
    { hint: 'Upgrade the server: its version is no longer maintained.' },
  );
}

async function fingerprint(
  source: PostgresSource,
  plan: Pick<ResolvedPlan, 'recent'>,
  work: WorkContext,
  snapshot: string,
  sequences: Record<string, SequenceState>,
): Promise<FingerprintDocument | null> {
  if (source.fingerprint === 'off') return null;
  const { recent } = plan;
  const mode = source.fingerprint;
  const found = await takeFingerprint({ target: source, work, mode, snapshot, sequences, recent });
  if (found.excluded.length > 0) {
    const names = found.excluded.slice(0, 10).map(({ name, why }) => `${name} (${why})`);
    work.log('info', `Not compared after a restore of ${source.name}: ${names.join(', ')}.`, {
      excluded: found.excluded.length,
    });
  }
  return documentOf(found);
}

type View = {
  snapshot: string;
  /** On a standby the time of the last replayed commit: later ones may exist on the primary. */
  dataTime: string;
  server: string;
  estimatedBytes: number;
  origin: Record<string, string>;
};

async function exportSnapshot(client: Client): Promise<View> {
  await client.query('begin isolation level repeatable read read only');
  const { rows } = await client.query<{
    snapshot: string;
    at: string;
    server: string;
    bytes: string;
    origin: Record<string, string>;
  }>(`select pg_export_snapshot() as snapshot,
      to_json(coalesce(case when pg_is_in_recovery() then pg_last_xact_replay_timestamp() end, now())) #>> '{}' as at,
      split_part(current_setting('server_version'), ' ', 1) as server,
      (select coalesce(sum(pg_table_size(oid)), 0) from pg_class
        where relkind in ('r', 'm') and oid >= 16384 or relname = 'pg_largeobject')::text as bytes,
      (select jsonb_strip_nulls(jsonb_build_object('database', datname, 'encoding', pg_encoding_to_char(encoding),
         'collate', datcollate, 'ctype', datctype, 'provider', coalesce(j->>'datlocprovider', 'c'),
         'locale', coalesce(j->>'datlocale', j->>'daticulocale')))
       from pg_database d, to_jsonb(d) j where datname = current_database()) as origin`);
  const [view] = rows;
  if (view === undefined) throw new Error('a select without from gave no row');
  return {
    snapshot: view.snapshot,
    dataTime: new Date(view.at).toISOString(),
    server: view.server,
    estimatedBytes: Number(view.bytes),
    origin: view.origin,
  };
}

const keepAliveSeconds = 30;

/** Keeps firewalls from forgetting the idle connection, and says how long vacuum has been held back. */
function holdOpen(client: Client, source: PostgresSource, work: WorkContext): NodeJS.Timeout {
  const openedAt = Date.now();
  let hours = 0;
  const timer = setInterval(() => {
    client.query('select 1').catch(() => undefined);
    const seconds = (Date.now() - openedAt) / 1000;
    if (seconds < (hours + 1) * 3600) return;
    hours += 1;
    work.log('warn', `The backup of ${source.name} has held its snapshot for ${formatDuration(seconds)}.`, {
      hint: 'Until it is given up, vacuum can remove nothing that was deleted since.',
    });
  }, keepAliveSeconds * 1000);
  timer.unref();
  return timer;
}
