import type { Contender, Sample } from '../facts.ts';
import type { Place } from '../place.ts';

/** Something that makes backups of the shop. */
export type Rival = {
  name: Contender;
  /** Makes one whole backup from nothing, and measures it. What it made is gone afterwards. */
  backUp(round: number): Promise<Omit<Sample, 'contender'>>;
};

/** What the tools of PostgreSQL need to reach the shop; never in arguments (law 7). */
export function toolEnvironment({ postgres }: Pick<Place, 'postgres'>): Record<string, string> {
  return {
    PATH: `${postgres.bin}:${process.env.PATH ?? ''}`,
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: postgres.superuser,
    PGPASSWORD: postgres.password,
    PGDATABASE: 'shop',
  };
}
