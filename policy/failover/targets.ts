import { serverKey } from '../hosts.ts';
import { lookUp } from '../lookup.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import type { Sections } from '../schema.ts';
import { type PlacedStep, placedSteps, type WrittenRunbook, type WrittenStep } from './written.ts';

/** Drills that would be done to what is live, and servers that can't be made a standby. Pure. */
export function wrongTargets(name: string, runbook: WrittenRunbook, sections: Sections): Fault[] {
  const steps = placedSteps(name, runbook);
  const live = liveServers(steps, sections);
  return steps.flatMap((placed) => [
    ...drilledLive(placed, live, sections),
    ...unableToFollow(placed, sections),
  ]);
}

/** Servers that real runs are done to, and those of sources, by what tells servers apart. */
function liveServers(steps: PlacedStep[], { targets, sources }: Sections): Map<string, string> {
  const live = new Map<string, string>();
  for (const [name, source] of Object.entries(sources)) live.set(serverKey(source), `of source ${name}`);
  for (const target of steps.flatMap(({ step }) => targetsOf(step))) {
    const server = lookUp(targets, target);
    if (server !== undefined) live.set(serverKey(server), `${target}, to which real runs are done`);
  }
  return live;
}

/** Names of the servers that a real run does something to, or asks. */
export function targetsOf(step: WrittenStep): string[] {
  return [
    'target' in step ? step.target : undefined,
    'primary' in step ? step.primary : undefined,
    'standby' in step ? step.standby : undefined,
  ].flatMap((name) => name ?? []);
}

function drilledLive({ step, at }: PlacedStep, live: Map<string, string>, { targets }: Sections): Fault[] {
  return drillTargetsOf(step).flatMap(({ key, name }) => {
    const server = lookUp(targets, name);
    const found = server === undefined ? undefined : live.get(serverKey(server));
    if (found === undefined) return [];
    return [
      faultAt(
        [...at, 'drill', key],
        `a drill would touch what is live: this is the server ${found}`,
        'name a server of its own for drills, or leave `drill` out: scratch is used then',
      ),
    ];
  });
}

function drillTargetsOf(step: WrittenStep): { key: string; name: string }[] {
  if (!('drill' in step) || step.drill === undefined || !('target' in step.drill)) return [];
  const { target } = step.drill;
  const primary = 'primary' in step.drill ? step.drill.primary : undefined;
  return [
    { key: 'target', name: target },
    ...(primary === undefined ? [] : [{ key: 'primary', name: primary }]),
  ];
}

function unableToFollow({ step, at }: PlacedStep, { targets }: Sections): Fault[] {
  if (step.do === 'postgres.promote' || step.do === 'postgres.recover') {
    const { target, primary } = step.drill ?? {};
    if (target === undefined || primary === undefined) return [];
    return unableToFollowOne([...at, 'drill'], target, primary, targets, ['directory', 'start', 'stop']);
  }
  if (step.do !== 'postgres.standby') return [];
  const pairs = [
    { path: at, target: step.target, primary: step.primary },
    ...(step.drill === undefined ? [] : [{ path: [...at, 'drill'], ...step.drill }]),
  ];
  return pairs.flatMap(({ path, target, primary }) => unableToFollowOne(path, target, primary, targets));
}

function unableToFollowOne(
  path: DataPath,
  target: string,
  primary: string,
  targets: Sections['targets'],
  needed: readonly ('directory' | 'start' | 'stop')[] = ['directory', 'start'],
): Fault[] {
  if (target === primary)
    return [faultAt([...path, 'primary'], "a server can't be a standby of itself", 'name another one')];
  const follower = lookUp(targets, target);
  if (follower === undefined) return [];
  const missing = needed.filter((key) => follower[key] === undefined);
  return missing.map((key) =>
    faultAt(
      [...path, 'target'],
      `this server can't be made a standby: it has no \`${key}\``,
      key === 'directory'
        ? `write its data directory, on its zone's worker, under \`targets.${target}\``
        : `write the command that ${key}s it, like ${key}: { run: [systemctl, ${key}, postgresql] }, under \`targets.${target}\``,
    ),
  );
}
