import { type CronIntervals, intervalsOf } from '../cron.ts';
import { lookUp } from '../lookup.ts';
import type { ResolvedPlan } from '../resolved.ts';
import type { Policy } from '../schema.ts';
import { formatDuration } from '../units.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** What each plan's times promise: data loss, overlapping runs, proof by restoring, and an end. */
export function scheduleWeaknesses({ written, resolved }: Weighed): Weakness[] {
  const intervals = rememberingIntervals();
  return Object.values(resolved.plans).flatMap((plan) => [
    ...againstObjective(plan, intervals(plan.schedule.cron)),
    ...againstDeadline(plan, intervals(plan.schedule.cron)),
    ...unproven(plan, lookUp(written.plans, plan.name)),
  ]);
}

function againstObjective({ name, tier }: ResolvedPlan, { longest }: CronIntervals): Weakness[] {
  if (tier === undefined || longest <= tier.rpo) return [];
  return [
    {
      id: 'rarer-than-rpo',
      severity: 'serious',
      path: ['plans', name, 'schedule'],
      message: `Up to ${formatDuration(longest)} pass between runs, and tier ${tier.name} allows to lose ${formatDuration(tier.rpo)}.`,
      hint: 'Run it more often, or give the source another tier.',
    },
  ];
}

function againstDeadline({ name, schedule }: ResolvedPlan, { shortest }: CronIntervals): Weakness[] {
  if (schedule.deadline <= shortest) return [];
  return [
    {
      id: 'deadline-longer-than-interval',
      severity: 'advice',
      path: ['plans', name, 'schedule'],
      message: `A run may take ${formatDuration(schedule.deadline)} and the next is due after ${formatDuration(shortest)}: one that hangs makes others be skipped.`,
      hint: 'Set a `deadline` no longer than the time between runs.',
    },
  ];
}

function unproven(plan: ResolvedPlan, written: Policy['plans'][string] | undefined): Weakness[] {
  const found: Weakness[] = [];
  if (plan.source.fingerprint === 'off')
    found.push({
      id: 'no-fingerprint',
      severity: 'advice',
      path: ['plans', plan.name],
      message: 'No fingerprint is taken, so a restore has nothing to be compared with.',
      hint: 'Set `fingerprint: counts`.',
    });
  if (written?.restoreTest?.schedule === undefined)
    found.push({
      id: 'no-restore-test',
      severity: 'advice',
      path: ['plans', plan.name],
      message: 'No restore test is scheduled: nobody knows whether these backups restore.',
      hint: 'Add `restoreTest: { schedule: "0 4 1 * *" }`.',
    });
  if (written?.retention === undefined)
    found.push({
      id: 'no-retention',
      severity: 'advice',
      path: ['plans', plan.name],
      message: 'No retention is set: copies are kept for ever, and the repositories fill up.',
      hint: 'Name one of `retention`.',
    });
  return found;
}

/** Thousands of plans share a few cron expressions. */
function rememberingIntervals(): (cron: string) => CronIntervals {
  const known = new Map<string, CronIntervals>();
  return (cron) => {
    const intervals = known.get(cron) ?? intervalsOf(cron);
    known.set(cron, intervals);
    return intervals;
  };
}
