import type { Client } from 'pg';
import { notOfExtension, userSchema } from './catalog.ts';
import type { SequenceState } from './fingerprint.ts';

const batchSize = 200;

/** Where every sequence is. Not transactional in PostgreSQL: it shows now, whatever the snapshot. */
export async function readSequences(client: Client): Promise<Record<string, SequenceState>> {
  const { rows: all } = await client.query<{ name: string; ascending: boolean; cycles: boolean }>(`
    select format('%I.%I', n.nspname, c.relname) as name, s.seqincrement > 0 as ascending, s.seqcycle as cycles
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')} order by 1`);
  const states: Record<string, SequenceState> = {};
  for (let start = 0; start < all.length; start += batchSize) {
    const group = all.slice(start, start + batchSize);
    const { rows } = await client.query<{ at: number; value: string; called: boolean }>(
      group
        .map(
          (one, index) =>
            `select ${index} as at, last_value::text as value, is_called as called from ${one.name}`,
        )
        .join('\nunion all '),
    );
    for (const { at, value, called } of rows) {
      const one = group[at];
      if (one !== undefined)
        states[one.name] = { value, called, ascending: one.ascending, cycles: one.cycles };
    }
  }
  return states;
}
