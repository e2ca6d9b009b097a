import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { Manifest } from '../../repository/manifest.ts';
import type { WorkContext } from '../source.ts';
import type { Cluster } from './cluster.ts';
import { connect } from './connection.ts';

/** The name of the database that a backup is of. */
export function databaseNameOf(manifest: Manifest): string {
  return manifest.origin?.database ?? manifest.source;
}

/**
 * Makes the empty database that a dump goes into: the original's name, encoding and locale. Where this host lacks
 * the locale it sorts by code points instead; the warnings say so.
 */
export async function createDatabase(
  cluster: Cluster,
  manifest: Manifest,
  work: WorkContext,
): Promise<string[]> {
  const origin = manifest.origin ?? {};
  const name = databaseNameOf(manifest);
  // A database that every cluster has makes room for the one that is restored.
  const client = await connect(cluster.target(name === 'postgres' ? 'template1' : 'postgres'), work);
  try {
    await client.query(`drop database if exists ${escapeIdentifier(name)}`);
    return await createLike(client, origin, { name, major: cluster.tools.major });
  } finally {
    await client.end();
  }
}

/** The database to make; its owner and tablespace are the server's defaults where none are named. */
export type NewDatabase = {
  name: string;
  major: number;
  owner?: string;
  tablespace?: string;
  /** How many sessions it may have; absent: any number. Superusers are not counted. */
  connectionLimit?: number;
};

/**
 * Makes an empty database with the original's encoding and locale, by code points where the server lacks the locale.
 *
 * @param origin as a manifest holds it
 * @returns what is not like the original
 */
export async function createLike(
  client: Client,
  origin: Record<string, string>,
  { name, major, ...place }: NewDatabase,
): Promise<string[]> {
  const encoding = origin.encoding ?? 'UTF8';
  const create = (locale: Locale) =>
    client.query([statement(name, encoding, locale), ...placement(place)].join(' '));
  try {
    await create(localeOf(origin, major));
    return [];
  } catch {
    await create({ collate: 'C', ctype: 'C' });
    return [
      `The locale ${origin.locale ?? origin.collate ?? '(unknown)'} of the source is not on this host: the scratch database sorts by code points.`,
    ];
  }
}

function placement({ owner, tablespace, connectionLimit }: Omit<NewDatabase, 'name' | 'major'>): string[] {
  return [
    ...(connectionLimit === undefined ? [] : [`connection limit ${connectionLimit}`]),
    ...(owner === undefined ? [] : [`owner ${escapeIdentifier(owner)}`]),
    ...(tablespace === undefined ? [] : [`tablespace ${escapeIdentifier(tablespace)}`]),
  ];
}

type Locale = { collate: string; ctype: string; icu?: string; builtin?: string };

function localeOf(origin: Record<string, string>, major: number): Locale {
  const base = { collate: origin.collate ?? 'C.UTF-8', ctype: origin.ctype ?? 'C.UTF-8' };
  if (origin.locale === undefined || major < 15) return base;
  if (origin.provider === 'i') return { ...base, icu: origin.locale };
  return origin.provider === 'b' && major >= 17 ? { ...base, builtin: origin.locale } : base;
}

function statement(name: string, encoding: string, locale: Locale): string {
  return [
    `create database ${escapeIdentifier(name)} template template0 encoding ${escapeLiteral(encoding)}`,
    `lc_collate ${escapeLiteral(locale.collate)} lc_ctype ${escapeLiteral(locale.ctype)}`,
    ...(locale.icu === undefined ? [] : [`locale_provider icu icu_locale ${escapeLiteral(locale.icu)}`]),
    ...(locale.builtin === undefined
      ? []
      : [`locale_provider builtin builtin_locale ${escapeLiteral(locale.builtin)}`]),
  ].join(' ');
}
