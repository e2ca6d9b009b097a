import { lookUp } from '../lookup.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import type { Sections } from '../schema.ts';
import { type PlacedStep, placedSteps, type WrittenRunbook, zoneOfStep } from './written.ts';

/** Recoveries that nobody could lead: every zone is lost, or the one that leads. Pure. */
export function unledRecovery(name: string, { lost, zone }: WrittenRunbook, { zones }: Sections): Fault[] {
  const at = ['runbooks', name];
  const left = Object.keys(zones).filter((each) => !lost.includes(each));
  if (lost.length > 0 && left.length === 0)
    return [
      faultAt(
        [...at, 'lost'],
        'every zone is lost, so no worker is left that could recover anything',
        'leave one out, or add a zone at another site',
      ),
    ];
  if (zone === undefined || !lost.includes(zone)) return [];
  return [
    faultAt(
      [...at, 'zone'],
      'this zone is lost, so nobody could lead from there',
      `name one that is left: ${left.join(', ')}`,
    ),
  ];
}

/** Steps that would run in a lost zone, or be done to a server there. Pure. */
export function stepsInLostZones(name: string, runbook: WrittenRunbook, sections: Sections): Fault[] {
  const { lost } = runbook;
  const left = Object.keys(sections.zones).filter((each) => !lost.includes(each));
  const place = { lost, left: left.join(', ') };
  return placedSteps(name, runbook).flatMap((placed) => {
    const faults = [...lostServers(placed, place, sections), ...wrongWorker(placed, sections)];
    return faults.length > 0 ? faults : lostWorker(placed, place, runbook, sections);
  });
}

type Left = { lost: string[]; left: string };

/** What is done to a server needs it to be there; only fencing does not. */
function lostServers({ step, at }: PlacedStep, { lost }: Left, { targets }: Sections): Fault[] {
  const named: { key: string; name: string | undefined }[] = [];
  if (step.do !== 'postgres.fence' && 'target' in step) named.push({ key: 'target', name: step.target });
  if (step.do === 'postgres.standby') named.push({ key: 'primary', name: step.primary });
  if (step.do === 'postgres.recover') named.push({ key: 'standby', name: step.standby });
  return named.flatMap(({ key, name }) => {
    const zone = name === undefined ? undefined : lookUp(targets, name)?.zone;
    if (zone === undefined || !lost.includes(zone)) return [];
    return [
      faultAt(
        [...at, key],
        `this server stands in zone ${zone}, which is lost`,
        'name one in a zone that is left',
      ),
    ];
  });
}

/** A directory is reached by the worker beside it, also that of a server for drills. */
function wrongWorker({ step, at }: PlacedStep, { targets }: Sections): Fault[] {
  if (step.do !== 'postgres.standby') return [];
  const zone = lookUp(targets, step.target)?.zone;
  const drilled = step.drill === undefined ? undefined : lookUp(targets, step.drill.target)?.zone;
  if (zone === undefined) return [];
  if (step.in !== undefined && step.in !== zone)
    return [
      faultAt(
        [...at, 'in'],
        `this server is rebuilt in its directory, which only a worker of zone ${zone} reaches`,
        'write that zone, or leave `in` out',
      ),
    ];
  if (drilled === undefined || drilled === zone) return [];
  return [
    faultAt(
      [...at, 'drill', 'target'],
      `this step runs in zone ${zone}, and a worker there does not reach the directory of a server in zone ${drilled}`,
      `name a server for drills in zone ${zone}, or leave \`drill\` out`,
    ),
  ];
}

function lostWorker(
  { step, at }: PlacedStep,
  { lost, left }: Left,
  runbook: WrittenRunbook,
  sections: Sections,
): Fault[] {
  const zone = zoneOfStep(step, runbook, sections);
  if (zone === undefined || !lost.includes(zone)) return [];
  const refuse = (path: DataPath, message: string) => [
    faultAt(path, message, `a step runs in a zone that is left: write \`in:\` with one of ${left}`),
  ];
  if (step.in !== undefined) return refuse([...at, 'in'], 'this zone is lost, and no worker answers there');
  if (step.do === 'postgres.fence')
    return refuse([...at, 'target'], `this server is cut off by a worker of zone ${zone}, which is lost too`);
  if (step.do === 'dns.update')
    return refuse(at, `updates go to this name server through zone ${zone}, which is lost`);
  return refuse(at, `this step runs in zone ${zone}, which is lost`);
}
