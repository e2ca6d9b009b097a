import { lookUp } from './lookup.ts';
import { isReadableFrom } from './reach.ts';
import { isManual } from './resolve-repository.ts';
import type { Policy, Sections } from './schema.ts';

type Plan = Policy['plans'][string];

/** Where a plan's backups are restored for a test, and the names of the copies that are proven there. */
export type TestPlace = { zone: string; from: string[] };

/** Zones in which a key of the policy as written is opened. */
export function openingZones(key: Policy['keys'][string] | undefined): string[] {
  if (key === undefined) return [];
  return Object.keys('gpg' in key ? (key.gpg.opens ?? {}) : key.passphrase);
}

/** A plan's copies that are always online and that a worker of that zone can read. */
export function copiesReadFrom(zone: string, plan: Plan, { repositories }: Sections): string[] {
  return plan.copies.filter((name) => {
    const repository = lookUp(repositories, name);
    return repository !== undefined && !isManual(repository) && isReadableFrom(zone, repository);
  });
}

/** The zone that a policy asks for: the test's own, else that of its server. */
export function askedZone({ restoreTest }: Plan, { scratchServers }: Sections): string | undefined {
  if (restoreTest?.zone !== undefined || restoreTest?.server === undefined) return restoreTest?.zone;
  return lookUp(scratchServers, restoreTest.server)?.zone;
}

/**
 * Of the zones that open the plan's key the one that proves the most copies, rather not the source's, whose loss is what
 * backups are for, rather one that has a copy; null when none can read any copy.
 */
export function testPlace(plan: Plan, sections: Sections): TestPlace | null {
  const asked = askedZone(plan, sections);
  const home = lookUp(sections.sources, plan.source)?.zone;
  const wanted = plan.restoreTest?.from;
  const places = openingZones(lookUp(sections.keys, plan.key))
    .filter((zone) => asked === undefined || zone === asked)
    .map((zone) => {
      const readable = copiesReadFrom(zone, plan, sections);
      const from = wanted === undefined ? readable : wanted.filter((name) => readable.includes(name));
      const holds = from.some((name) => lookUp(sections.repositories, name)?.zone === zone);
      return { zone, from, away: zone !== home, holds };
    })
    .filter(({ from }) => from.length > 0)
    .sort(
      (a, b) =>
        b.from.length - a.from.length || Number(b.away) - Number(a.away) || Number(b.holds) - Number(a.holds),
    );
  const [best] = places;
  return best === undefined ? null : { zone: best.zone, from: best.from };
}
