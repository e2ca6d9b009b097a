import { lookUp } from './lookup.ts';
import { type DataPath, type Fault, faultAt } from './problem.ts';
import { isReadableFrom } from './reach.ts';
import { isManual } from './resolve-repository.ts';
import type { Policy, Sections } from './schema.ts';
import { askedZone, openingZones, testPlace } from './test-place.ts';

type Plan = Policy['plans'][string];

/** Restore tests that could never run: no key where they run, no copy that can be read there. Pure. */
export function unprovable(sections: Sections): Fault[] {
  return Object.entries(sections.plans).flatMap(([name, plan]) => {
    if (plan.restoreTest === undefined) return [];
    const at = ['plans', name, 'restoreTest'];
    const faults = [...wrongZone(at, plan, sections), ...wrongCopies([...at, 'from'], plan, sections)];
    return faults.length > 0 ? faults : nowhere(at, plan, sections);
  });
}

function wrongZone(at: DataPath, plan: Plan, sections: Sections): Fault[] {
  const { zone, server } = plan.restoreTest ?? {};
  const reached = server === undefined ? undefined : lookUp(sections.scratchServers, server)?.zone;
  if (zone !== undefined && reached !== undefined && zone !== reached)
    return [
      faultAt(
        [...at, 'zone'],
        `the scratch server of this test is reached in zone ${reached}`,
        'write that zone, or leave `zone` out',
      ),
    ];
  const asked = askedZone(plan, sections);
  const opening = openingZones(lookUp(sections.keys, plan.key));
  if (asked === undefined || opening.length === 0 || opening.includes(asked)) return [];
  return [
    faultAt(
      [...at, zone === undefined ? 'server' : 'zone'],
      `the key of this plan is not opened in zone ${asked}, where it would be restored`,
      `it is in ${opening.join(', ')}: choose one of these, or open it there too`,
    ),
  ];
}

function wrongCopies(at: DataPath, plan: Plan, sections: Sections): Fault[] {
  const asked = askedZone(plan, sections);
  return (plan.restoreTest?.from ?? []).flatMap((name, index) => {
    const repository = lookUp(sections.repositories, name);
    const refuse = (message: string, hint: string) => [faultAt([...at, index], message, hint)];
    if (repository === undefined) return [];
    if (!plan.copies.includes(name))
      return refuse('this plan has no copy there', `its copies: ${plan.copies.join(', ')}`);
    if (isManual(repository))
      return refuse(
        'this repository is attached by hand, and a restore test waits for nobody',
        'name one that is always online',
      );
    if (asked === undefined || isReadableFrom(asked, repository)) return [];
    return refuse(
      `this directory is reached only in zone ${repository.zone}, and the test runs in zone ${asked}`,
      'name a copy that is reached there, or another zone',
    );
  });
}

/** Without a schedule nothing is promised: such a test is refused when somebody asks for it. */
function nowhere(at: DataPath, plan: Plan, sections: Sections): Fault[] {
  const key = lookUp(sections.keys, plan.key);
  const copies = plan.copies.map((name) => lookUp(sections.repositories, name));
  const known = key !== undefined && copies.every((copy) => copy !== undefined);
  // A plan without any copy that is online is refused for that.
  const online = copies.some((copy) => copy !== undefined && !isManual(copy));
  if (plan.restoreTest?.schedule === undefined || !known || !online) return [];
  if (testPlace(plan, sections) !== null) return [];
  const opening = openingZones(key);
  if (opening.length === 0)
    return [
      faultAt(
        [...at, 'schedule'],
        'no zone opens the key of this plan, so none of its backups can be restored',
        'say under `opens` of the key which zone reads the private key, and where',
      ),
    ];
  return [
    faultAt(
      [...at, 'schedule'],
      `the key of this plan is opened in ${opening.join(', ')}, where no copy can be read: a directory is reached only in its own zone`,
      'open the key in the zone of a copy, or add a copy in S3',
    ),
  ];
}
