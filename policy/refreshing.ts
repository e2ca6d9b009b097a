import { serverKey } from './hosts.ts';
import { lookUp } from './lookup.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import type { Policy, Sections } from './schema.ts';
import { copiesReadFrom, openingZones } from './test-place.ts';

type Refresh = Policy['refreshes'][string];

/** Refreshes that would overwrite what is live, or that could never run. Pure. */
export function wrongRefreshes(sections: Sections): Fault[] {
  const made = new Map<string, string>();
  return Object.entries(sections.refreshes).flatMap(([name, refresh]) => {
    const at = ['refreshes', name];
    const target = targetOf(refresh, sections);
    const faults = [...overLive(at, refresh, sections), ...wrongPlan(at, refresh, sections)];
    if (target === null) return faults;
    const other = made.get(target);
    made.set(target, other ?? name);
    if (other === undefined) return faults;
    return [
      ...faults,
      faultAt([...at, 'database'], `refresh ${other} makes this database too`, 'give each its own'),
    ];
  });
}

function targetOf({ server, database }: Refresh, { scratchServers }: Sections): string | null {
  const known = lookUp(scratchServers, server);
  return known === undefined ? null : databaseKey(known, database);
}

function databaseKey(server: Parameters<typeof serverKey>[0], database: string): string {
  return JSON.stringify([serverKey(server), database]);
}

/** A source is live unless it is the development database itself, which has a plan of its own. */
function overLive(at: DataPath, refresh: Refresh, sections: Sections): Fault[] {
  const target = targetOf(refresh, sections);
  const own = lookUp(sections.plans, refresh.plan)?.source;
  const itself = refresh.then === undefined ? undefined : lookUp(sections.plans, refresh.then)?.source;
  const live = Object.entries(sections.sources).find(
    ([name, source]) => databaseKey(source, source.database) === target && (name === own || name !== itself),
  );
  if (live === undefined) return [];
  return [
    faultAt(
      [...at, 'database'],
      `this is the live database of source ${live[0]}, and a refresh replaces what is there`,
      live[0] === own
        ? 'name another database or another server'
        : 'name another database, or the plan of that source as `then` if it is the development database itself',
    ),
  ];
}

function wrongPlan(at: DataPath, refresh: Refresh, sections: Sections): Fault[] {
  const plan = lookUp(sections.plans, refresh.plan);
  const server = lookUp(sections.scratchServers, refresh.server);
  return [
    ...(plan === undefined || server === undefined
      ? []
      : unreadable([...at, 'server'], { plan, zone: server.zone }, sections)),
    ...wrongThen([...at, 'then'], refresh, sections),
  ];
}

function unreadable(
  path: DataPath,
  { plan, zone }: { plan: Policy['plans'][string]; zone: string },
  sections: Sections,
): Fault[] {
  const key = lookUp(sections.keys, plan.key);
  if (key === undefined) return [];
  const opening = openingZones(key);
  if (!opening.includes(zone))
    return [
      faultAt(
        path,
        `the key of plan and backups is not opened in zone ${zone}, where this server is`,
        opening.length === 0
          ? 'say under `opens` of the key where it is read'
          : `it is in ${opening.join(', ')}: choose a server there, or open it here too`,
      ),
    ];
  const known = plan.copies.every((name) => lookUp(sections.repositories, name) !== undefined);
  if (!known || copiesReadFrom(zone, plan, sections).length > 0) return [];
  return [
    faultAt(
      path,
      `no copy of the plan can be read in zone ${zone}, where this server is`,
      'choose a server in the zone of a copy, or add a copy in S3',
    ),
  ];
}

function wrongThen(path: DataPath, refresh: Refresh, sections: Sections): Fault[] {
  if (refresh.then === undefined) return [];
  if (refresh.then === refresh.plan)
    return [
      faultAt(
        path,
        'this is the plan that the data comes from',
        'name the plan that backs up the refreshed database',
      ),
    ];
  const name = lookUp(sections.plans, refresh.then)?.source;
  const source = name === undefined ? undefined : lookUp(sections.sources, name);
  const target = targetOf(refresh, sections);
  if (source === undefined || target === null || databaseKey(source, source.database) === target) return [];
  return [
    faultAt(
      path,
      `this plan backs up source ${name}, which is another database than the refreshed one`,
      'name the plan whose source has the same host, port and database',
    ),
  ];
}
