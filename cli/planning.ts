import type { LoadedPolicy } from '../policy/index.ts';
import { desiredSchedules, diffSchedules, liveSchedules, type ScheduleChange } from '../schedules/index.ts';
import type { Temporal } from './connect.ts';
import type { Context } from './context.ts';

/** What `plan` shows and `apply` makes. */
export type Planned = { loaded: LoadedPolicy; temporal: Temporal; changes: ScheduleChange[] };

/** Loads the policy, reads the live Schedules and compares. Changes nothing. */
export async function planChanges(context: Context): Promise<Planned> {
  const loaded = await context.loadPolicy();
  const { organization } = loaded.policy;
  const desired = desiredSchedules(loaded.policy);
  const temporal = await context.temporal();
  const ids = desired.map(({ id }) => id);
  context.progress.show(`Reading ${ids.length} Schedules at ${temporal.address}`);
  const live = await liveSchedules(temporal.client, organization, ids);
  return { loaded, temporal, changes: diffSchedules(desired, live, organization) };
}

export type ChangeCounts = Record<ScheduleChange['kind'], number>;

export function countChanges(changes: readonly ScheduleChange[]): ChangeCounts {
  const counts: ChangeCounts = { create: 0, update: 0, delete: 0, unchanged: 0, foreign: 0 };
  for (const { kind } of changes) counts[kind] += 1;
  return counts;
}

/** Whether anything would be done, or stands in the way of it. */
export function hasChanges(changes: readonly ScheduleChange[]): boolean {
  return changes.some(({ kind }) => kind !== 'unchanged');
}

/** The changes with stable keys, for --json. */
export function changesDocument({ temporal, changes }: Planned) {
  return {
    namespace: temporal.namespace,
    changes: changes
      .filter((change) => change.kind !== 'unchanged' || change.note !== undefined)
      .map((change) => ({
        change: change.kind,
        schedule: change.id,
        ...('fields' in change ? { fields: change.fields, pause: change.pause } : {}),
        ...('note' in change && change.note !== undefined ? { note: change.note } : {}),
        ...('sentence' in change ? { note: change.sentence } : {}),
      })),
    summary: countChanges(changes),
  };
}

/** The changes for people: what is created, what becomes of which field, what is deleted, and the sums. */
export function printChanges({ out, colors }: Context, { changes }: Planned): void {
  for (const change of changes) {
    switch (change.kind) {
      case 'create': {
        const { settings, timezone, about } = change.desired.recurring;
        out.line(colors.green(`+ create  ${change.id}`));
        out.line(`    ${settings.cron} ${timezone}${settings.paused ? ' (paused)' : ''}, ${about}`);
        break;
      }
      case 'update':
        out.line(colors.yellow(`~ update  ${change.id}`));
        for (const { path, from, to } of change.fields)
          out.line(`    ${path}: ${from ?? '(absent)'} → ${to ?? '(absent)'}`);
        break;
      case 'delete':
        out.line(colors.red(`- delete  ${change.id}`));
        out.line('    no longer in the policy; needs --allow-delete; its backups stay');
        break;
      case 'foreign':
        out.line(colors.red(`! taken   ${change.id}`));
        out.line(`    ${change.sentence}`);
        break;
      case 'unchanged':
        if (change.note !== undefined) out.line(`= keep    ${change.id}`);
    }
    if ('note' in change && change.note !== undefined) out.line(`    ${change.note}`);
  }
  const counts = countChanges(changes);
  out.line(
    hasChanges(changes)
      ? `Plan: ${counts.create} to create, ${counts.update} to update, ${counts.delete} to delete, ${counts.unchanged} unchanged.`
      : `No changes: ${counts.unchanged} Schedule${counts.unchanged === 1 ? ' equals' : 's equal'} the policy.`,
  );
}
