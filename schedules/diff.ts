import type { ScheduleBody } from './body.ts';
import type { DesiredSchedule } from './desired.ts';
import { type FieldChange, fieldChanges } from './fields.ts';
import { appliedPause } from './kinds.ts';
import type { LiveSchedule } from './live.ts';

/** What must be done to one Schedule. */
export type ScheduleChange =
  | { kind: 'create'; id: string; desired: DesiredSchedule }
  | {
      kind: 'update';
      id: string;
      desired: DesiredSchedule;
      live: LiveSchedule;
      fields: FieldChange[];
      pause: 'pause' | 'unpause' | 'keep';
      note?: string;
    }
  | { kind: 'delete'; id: string; live: LiveSchedule }
  | { kind: 'unchanged'; id: string; note?: string }
  /** The id is taken by a schedule that is not ours to touch. */
  | { kind: 'foreign'; id: string; sentence: string };

/** What makes live Schedules equal to the desired ones: creations, updates, deletions, then what stays. */
export function diffSchedules(
  desired: readonly DesiredSchedule[],
  live: readonly LiveSchedule[],
  organization: string,
): ScheduleChange[] {
  const liveById = new Map(live.map((schedule) => [schedule.id, schedule]));
  const wantedIds = new Set(desired.map(({ id }) => id));
  const changes = [
    ...desired.map((wanted) => changeOf(wanted, liveById.get(wanted.id), organization)),
    ...live.flatMap((schedule): ScheduleChange[] =>
      wantedIds.has(schedule.id) || schedule.organization !== organization
        ? []
        : [{ kind: 'delete', id: schedule.id, live: schedule }],
    ),
  ];
  const order = ['foreign', 'create', 'update', 'delete', 'unchanged'];
  return changes.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
}

function changeOf(
  desired: DesiredSchedule,
  live: LiveSchedule | undefined,
  organization: string,
): ScheduleChange {
  const { id } = desired;
  if (live === undefined) return { kind: 'create', id, desired };
  if (live.organization !== organization) return { kind: 'foreign', id, sentence: foreignSentence(live) };
  const fields = bodyChanges(live.body, desired.body);
  const note = pauseNote(desired, live);
  const said = note === undefined ? {} : { note };
  if (fields.length === 0) return { kind: 'unchanged', id, ...said };
  return { kind: 'update', id, desired, live, fields, pause: pauseStep(desired, live), ...said };
}

/**
 * The policy hash of a plan or a runbook is left out: an edit elsewhere in the policy file does not change it. A derived
 * field is left out when the plan's own field that it follows from is listed.
 */
export function bodyChanges(live: ScheduleBody, desired: ScheduleBody): FieldChange[] {
  const { input: liveInput, ...liveRest } = live;
  const { input: desiredInput, ...desiredRest } = desired;
  const planned = fieldChanges(withoutHash(liveInput), withoutHash(desiredInput)).map((change) => ({
    ...change,
    path: change.path.replace(/^plan\./, ''),
  }));
  const paths = planned.map(({ path }) => path);
  const derived = fieldChanges(liveRest, desiredRest, 'temporal').filter(
    ({ path }) =>
      !(causes[path] ?? []).some((cause) =>
        paths.some((changed) => changed.startsWith(cause) || changed.endsWith(`.${cause}`)),
      ),
  );
  return [...planned, ...derived];
}

const causes: Record<string, string[]> = {
  'temporal.calendars': ['schedule.cron', 'health.cron', 'copies.cron'],
  'temporal.intervals': ['schedule.cron', 'health.cron', 'copies.cron', 'timezone'],
  'temporal.timezone': ['timezone'],
  'temporal.jitter': ['schedule.jitter', 'health.jitter', 'copies.jitter'],
  'temporal.catchup': ['schedule.catchup', 'health.catchup', 'copies.catchup'],
  'temporal.executionTimeout': ['schedule.deadline', 'manual.patience', 'health.deadline', 'copies.deadline'],
  'temporal.runTimeout': ['schedule.deadline', 'manual.patience', 'health.deadline', 'copies.deadline'],
  'temporal.taskQueue': ['source.zone'],
  'temporal.summary': ['source', 'copies'],
  'temporal.searchAttributes.HoldfastSource': ['source.name'],
};

function withoutHash(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const plan = 'plan' in input ? { plan: withoutHash(input.plan) } : {};
  const runbook = 'runbook' in input ? { runbook: withoutHash(input.runbook) } : {};
  return { ...input, ...plan, ...runbook, policyHash: undefined };
}

/** Only a policy that changed its mind pauses or resumes: a pause by hand in Temporal stays. */
function pauseStep(desired: DesiredSchedule, live: LiveSchedule): 'pause' | 'unpause' | 'keep' {
  const wanted = desired.recurring.settings.paused;
  if (pauseOf(live) === wanted || live.paused === wanted) return 'keep';
  return wanted ? 'pause' : 'unpause';
}

function pauseNote(desired: DesiredSchedule, live: LiveSchedule): string | undefined {
  const wanted = desired.recurring.settings.paused;
  if (live.paused === wanted || pauseOf(live) !== wanted) return undefined;
  if (!live.paused)
    return 'was resumed by hand in Temporal although the policy pauses it; apply leaves it so';
  return `was paused by hand in Temporal${live.note === '' ? '' : ` ("${live.note}")`}; apply leaves it so`;
}

/** What the policy said of the pause when it was last applied; null when the schedule does not tell. */
function pauseOf({ body }: LiveSchedule): boolean | null {
  return appliedPause(body.workflowType, body.input);
}

function foreignSentence(live: LiveSchedule): string {
  return live.organization === null
    ? `The Schedule ${live.id} was not made by Holdfast, so it is left as it is.`
    : `The Schedule ${live.id} belongs to the policy of ${live.organization}, so it is left as it is.`;
}
