import { intervalsOf } from '../cron.ts';
import { lookUp } from '../lookup.ts';
import { nearest } from '../nearest.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import type { DrillRule, Surprise } from '../resolved-failover.ts';
import type { Sections } from '../schema.ts';
import { formatDuration } from '../units.ts';
import { isPart, stepsOf, type WrittenRunbook, type WrittenStep } from './written.ts';

type WrittenDrill = WrittenRunbook['drills'][string];

const ofBackups: readonly WrittenStep['do'][] = ['backups.verify', 'restore', 'postgres.recover'];

/** The steps that a drill rehearses, by their names; null for all. */
export function rehearsedSteps({ kind, steps = [] }: WrittenDrill, runbook: WrittenRunbook): string[] | null {
  const all = stepsOf(runbook);
  if (kind === 'restore') return all.filter((step) => ofBackups.includes(step.do)).map(({ id }) => id);
  if (kind !== 'partial') return null;
  return all.filter(({ id }) => steps.some((name) => isNamed(id, name))).map(({ id }) => id);
}

/** Whether a name is of a step, or of the one that included it. */
const isNamed = (id: string, name: string): boolean => id === name || id.startsWith(`${name}/`);

/** A drill with everything in place. Takes one that was checked. */
export function resolveDrill(name: string, drill: WrittenDrill, runbook: WrittenRunbook): DrillRule {
  const { kind, schedule, notice, owner, expect, inject } = drill;
  const steps = rehearsedSteps(drill, runbook);
  return {
    ...{ name, kind, mode: kind === 'tabletop' ? 'tabletop' : 'drill' },
    ...{ schedule, notice, owner, expect },
    inject: inject.flatMap(({ fail, absent }): Surprise[] => [
      ...(fail === undefined ? [] : [{ step: fail, what: 'fail' as const }]),
      ...(absent === undefined ? [] : [{ person: absent, what: 'absent' as const }]),
    ]),
    ...(steps === null ? {} : { steps }),
  };
}

/** Drills that rehearse nothing, or that could not be held as they are written. Pure. */
export function wrongDrills(name: string, runbook: WrittenRunbook, { people }: Sections): Fault[] {
  return Object.entries(runbook.drills).flatMap(([drill, written]) => {
    const about: About = { at: ['runbooks', name, 'drills', drill], drill: written, runbook };
    if (isPart(runbook))
      return [
        faultAt(
          about.at,
          'this runbook has parameters without a value, so it is never rehearsed by itself',
          'write the drill where the runbook is included',
        ),
      ];
    const steps = wrongSteps(about);
    return [
      ...steps,
      ...(steps.length > 0 ? [] : [...wrongFailures(about), ...undecided(about, people)]),
      ...tooOften(about),
      ...absentOwner(about),
    ];
  });
}

type About = { at: DataPath; drill: WrittenDrill; runbook: WrittenRunbook };

function wrongSteps({ at, drill, runbook }: About): Fault[] {
  const { kind, steps } = drill;
  if (kind === 'partial' && steps === undefined)
    return [
      faultAt(
        at,
        'this partial drill does not say what it rehearses',
        'add `steps` with names of steps, or of the step that includes a service',
      ),
    ];
  if (kind !== 'partial' && steps !== undefined)
    return [
      faultAt(
        [...at, 'steps'],
        `a ${kind} drill chooses its steps itself`,
        'remove this, or write kind: partial',
      ),
    ];
  if (kind === 'restore' && rehearsedSteps(drill, runbook)?.length === 0)
    return [
      faultAt(
        [...at, 'kind'],
        'no step of this runbook deals with a backup, so there is nothing to restore',
        'add a step `backups.verify`, `restore` or `postgres.recover`, or choose another kind',
      ),
    ];
  const ids = stepsOf(runbook).map(({ id }) => id);
  const known = [...new Set(ids.flatMap((id) => [id, ...includersOf(id)]))];
  return (steps ?? []).flatMap((step, index) =>
    known.includes(step) ? [] : [noSuchStep([...at, 'steps', index], step, known)],
  );
}

/** `a/b/c` is behind `a` and `a/b`. */
const includersOf = (id: string): string[] =>
  id.split('/').flatMap((_part, index, parts) => (index === 0 ? [] : [parts.slice(0, index).join('/')]));

/** Names of steps are values: without a near one none is repeated, since any may be a secret (law 7). */
function noSuchStep(path: DataPath, step: string, known: readonly string[]): Fault {
  const meant = nearest(step, known);
  return faultAt(
    path,
    'no such step in this runbook',
    meant === null ? 'name one of its steps' : `did you mean "${meant}"?`,
  );
}

function wrongFailures({ at, drill, runbook }: About): Fault[] {
  const ids = stepsOf(runbook).map(({ id }) => id);
  const rehearsed = rehearsedSteps(drill, runbook) ?? ids;
  return drill.inject.flatMap(({ fail }, index) => {
    if (fail === undefined || rehearsed.includes(fail)) return [];
    const path = [...at, 'inject', index, 'fail'];
    if (!ids.includes(fail)) return [noSuchStep(path, fail, rehearsed)];
    return [
      faultAt(
        path,
        'this drill does not rehearse this step',
        'name one that it does, or rehearse this one as well',
      ),
    ];
  });
}

/** Who declares a drill approves nothing of it, and who is absent says nothing (law 8). */
function undecided({ at, drill, runbook }: About, people: Sections['people']): Fault[] {
  const { owner, inject } = drill;
  if (lookUp(people, owner) === undefined) return [];
  const rehearsed = rehearsedSteps(drill, runbook);
  const absent = inject.map((each) => each.absent);
  const signed = runbook.signatures.drill === 'signed';
  const able = Object.entries(people).filter(
    ([name, { sshKeys }]) => name !== owner && !absent.includes(name) && (!signed || sshKeys !== undefined),
  );
  const roles = stepsOf(runbook).flatMap((step) => {
    const approved =
      step.do === 'approve' || step.do === 'postgres.recover' || ('approve' in step && step.approve);
    if (!approved || rehearsed?.includes(step.id) === false) return [];
    return [{ id: step.id, role: step.role ?? runbook.commander }];
  });
  const stuck = roles.find(({ role }) => !able.some(([, { roles: held }]) => held.includes(role)));
  if (stuck === undefined) return [];
  const others = absent.some((each) => each !== undefined) ? ', those absent left aside,' : '';
  return [
    faultAt(
      [...at, 'owner'],
      `nobody else${others} holds the role ${stuck.role}, so nobody could approve ${stuck.id}: who declares a drill approves nothing of it`,
      'choose another owner, or give the role to more people',
    ),
  ];
}

function tooOften({ at, drill }: About): Fault[] {
  const { shortest } = intervalsOf(drill.schedule.cron);
  if (shortest >= drill.notice) return [];
  return [
    faultAt(
      [...at, 'schedule'],
      `it comes again after ${formatDuration(shortest)}, and those concerned are told ${formatDuration(drill.notice)} before`,
      'let it come less often',
    ),
  ];
}

function absentOwner({ at, drill }: About): Fault[] {
  return drill.inject.flatMap(({ absent }, index) =>
    absent === drill.owner
      ? [
          faultAt(
            [...at, 'inject', index, 'absent'],
            'the owner of a drill is there: they say what came out',
            'name somebody else',
          ),
        ]
      : [],
  );
}
