import { lookUp } from '../lookup.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { isReadableFrom } from '../reach.ts';
import { isManual } from '../resolve-repository.ts';
import type { Sections } from '../schema.ts';
import { openingZones } from '../test-place.ts';
import { type PlacedStep, placedSteps, type WrittenRunbook, zoneOfStep } from './written.ts';

/** Backups that could not be read where a runbook wants them: their copies or their key are lost, or elsewhere. Pure. */
export function unreadableBackups(name: string, runbook: WrittenRunbook, sections: Sections): Fault[] {
  return placedSteps(name, runbook).flatMap((placed) =>
    plansOf(placed).flatMap(({ plan, path }) => unreadable(plan, path, { placed, runbook, sections })),
  );
}

function plansOf({ step, at }: PlacedStep): { plan: string; path: DataPath }[] {
  if (step.do === 'backups.verify')
    return step.plans.map((plan, index) => ({ plan, path: [...at, 'plans', index] }));
  if (step.do !== 'restore' && step.do !== 'postgres.recover') return [];
  return [{ plan: step.plan, path: [...at, 'plan'] }];
}

type Around = { placed: PlacedStep; runbook: WrittenRunbook; sections: Sections };

function unreadable(name: string, path: DataPath, { placed, runbook, sections }: Around): Fault[] {
  const { lost } = runbook;
  const plan = lookUp(sections.plans, name);
  const key = plan === undefined ? undefined : lookUp(sections.keys, plan.key);
  const copies = plan?.copies.map((copy) => lookUp(sections.repositories, copy)) ?? [];
  const known = copies.flatMap((copy) => copy ?? []);
  if (key === undefined || known.length < copies.length) return [];

  const online = known.filter((copy) => !isManual(copy) && !lost.includes(copy.zone));
  if (online.length === 0)
    return [
      faultAt(
        path,
        `every copy of plan ${name} that is always online lies in a zone that is lost`,
        'add a copy to the plan in a repository of another zone',
      ),
    ];
  const opening = openingZones(key).filter((zone) => !lost.includes(zone));
  if (opening.length === 0)
    return [
      faultAt(
        path,
        `no zone that is left opens the key of plan ${name}, so its backups could not be read`,
        'say under `opens` of the key where it is read in a zone that is left',
      ),
    ];
  const zone = zoneOfStep(placed.step, runbook, sections);
  if (zone === undefined || lookUp(sections.zones, zone) === undefined) return [];
  return elsewhere(path, { online, opening, zone });
}

function elsewhere(
  path: DataPath,
  { online, opening, zone }: { online: Sections['repositories'][string][]; opening: string[]; zone: string },
): Fault[] {
  const readable = (from: string) => online.some((copy) => isReadableFrom(from, copy));
  if (opening.includes(zone) && readable(zone)) return [];
  const fitting = opening.filter(readable);
  return [
    faultAt(
      path,
      opening.includes(zone)
        ? `no copy that is left can be read in zone ${zone}, where this step runs: a directory is reached only in its own zone`
        : `the key of this plan is not opened in zone ${zone}, where this step runs`,
      fitting.length === 0
        ? 'open the key in the zone of a copy, or add a copy in S3'
        : `write \`in: ${fitting[0]}\`, or open the key here too`,
    ),
  ];
}
