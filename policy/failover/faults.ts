import { findAll } from '../links.ts';
import type { Fault } from '../problem.ts';
import type { Salvage } from '../salvage.ts';
import type { SectionName } from '../schema.ts';
import { unreadableBackups } from './backups.ts';
import { wrongDrills } from './drills.ts';
import { unguardedSteps } from './guards.ts';
import { stepsInLostZones, unledRecovery } from './lost-zones.ts';
import { misplacedMessages } from './messages.ts';
import { misorderedSteps } from './misordered.ts';
import { unableToDecide } from './people.ts';
import { wrongRecords } from './records.ts';
import { wrongTargets } from './targets.ts';
import { isPart } from './written.ts';

/**
 * Runbooks that could not be followed, or that would do harm when they are. Pure.
 *
 * @param raw The policy as written, with inclusions in place.
 */
export function faultyRunbooks(raw: unknown, { sections, declared, settings }: Salvage): Fault[] {
  const all = Object.entries(sections.runbooks);
  const runbooks = all.filter(([, runbook]) => !isPart(runbook));
  const { communication } = settings;
  // A commander that is written is checked with all other roles.
  const written = new Set(findAll(raw, ['runbooks', '*', 'commander']).map(({ path }) => path[1]));
  // What is wrong in form may be what is looked for: that is told first.
  const complete = (section: SectionName) =>
    Object.keys(sections[section]).length === declared[section].length;
  return [
    ...runbooks.flatMap(([name, runbook]) => {
      const misordered = misorderedSteps(name, runbook);
      const unled = unledRecovery(name, runbook, sections);
      return [
        ...misordered,
        ...(misordered.length > 0 ? [] : unguardedSteps(name, runbook)),
        ...unled,
        ...(unled.length > 0
          ? []
          : [...stepsInLostZones(name, runbook, sections), ...unreadableBackups(name, runbook, sections)]),
        ...wrongTargets(name, runbook, sections),
        ...(complete('nameServers') ? wrongRecords(name, runbook, sections) : []),
        ...(misordered.length > 0 ? [] : misplacedMessages(name, runbook, communication)),
      ];
    }),
    ...(complete('people')
      ? [
          ...unableToDecide(runbooks, {
            sections,
            communication,
            commanders: (name) => written.has(name),
          }),
          ...all.flatMap(([name, runbook]) => wrongDrills(name, runbook, sections)),
        ]
      : []),
  ];
}
