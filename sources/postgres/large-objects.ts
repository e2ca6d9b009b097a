import type { Client } from 'pg';
import type { Exclusion } from './contents.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * Counts large objects; with `checksums` also sums hashes of their pages. Trailing zero bytes of a page and pages of
 * zeros do not count: a restore writes out what was a hole.
 */
export async function largeObjects(
  client: Client,
  checksums: boolean,
): Promise<{ found: Fingerprint['largeObjects']; excluded: Exclusion[] }> {
  const counted = await client.query<{ count: string; readable: boolean }>(
    `select count(*) as count, has_table_privilege('pg_largeobject', 'select') as readable
     from pg_largeobject_metadata`,
  );
  const count = Number(counted.rows[0]?.count ?? 0);
  if (!checksums || count === 0) return { found: { count }, excluded: [] };
  if (counted.rows[0]?.readable !== true)
    return {
      found: { count },
      excluded: [{ name: 'contents of large objects', why: 'the backup role may not read pg_largeobject' }],
    };
  const hashed = await client.query<{ checksum: string }>(`
    select concat(coalesce(sum(hashtextextended(p.line, 0)::numeric), 0), ':',
      coalesce(sum(hashtextextended(p.line, 7919)::numeric), 0)) as checksum
    from (select loid || ' ' || pageno || ' ' || kept as line
      from pg_largeobject, regexp_replace(encode(data, 'hex'), '(00)+$', '') kept where kept <> '' offset 0) p`);
  const checksum = hashed.rows[0]?.checksum;
  return { found: { count, ...(checksum === undefined ? {} : { checksum }) }, excluded: [] };
}
