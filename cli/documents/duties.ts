import { intervalsOf } from '../../policy/cron.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { formatDuration } from '../../policy/units.ts';
import type { Duty, DutyPeriod } from '../../reports/checklist.ts';
import { reviewOf } from './continuity-plan.ts';

/** Who does what belongs to no role of the policy. */
export const operations = 'operations';

const day = 86_400;

/** When a key ends, as far as it was found out. */
export type KeyEnd = { key: string; expires: string | null };

/**
 * What is to be done again and again, and by whom, as a policy gives it. Pure.
 *
 * @param at ISO 8601
 */
export function dutiesOf(policy: ResolvedPolicy, keys: readonly KeyEnd[], at: string): Duty[] {
  return [
    ...everyday(policy),
    ...untested(policy),
    ...expiring(policy, keys, at),
    ...approving(policy),
    ...attaching(policy),
    ...failingOver(policy),
    ...rehearsing(policy),
    ...owning(policy, at),
  ];
}

function duty(
  who: string,
  period: DutyPeriod,
  what: string,
  command: string | null,
  due: string | null = null,
): Duty {
  return { who, period, what, command, due };
}

function everyday({ audit, notifications, repositories }: ResolvedPolicy): Duty[] {
  const online = Object.values(repositories).filter(({ manual }) => manual === undefined);
  return [
    duty(operations, 'daily', 'See that every plan has run, and what is wrong', 'holdfast status'),
    ...(notifications.channels.length === 0
      ? [duty(operations, 'daily', 'Look for alerts: the policy tells nobody', 'holdfast alerts list')]
      : []),
    duty(operations, 'weekly', 'Read what restore tests came to', 'holdfast restore-test list'),
    duty(
      operations,
      'weekly',
      'Read the newest check of the 3-2-1 rule',
      'holdfast evidence list --kind copies-check',
    ),
    ...(notifications.channels.length === 0
      ? []
      : [duty(operations, 'monthly', 'See that alerts arrive', 'holdfast alerts test')]),
    ...(audit === undefined
      ? []
      : [
          duty(
            operations,
            'monthly',
            'Verify the audit log, and keep its heads where nobody of the team can change them',
            'holdfast audit verify',
          ),
        ]),
    duty(operations, 'monthly', 'See that every zone can do its work', 'holdfast doctor'),
    ...online
      .filter(({ name }) => name !== audit?.repository.name)
      .map(({ name }) =>
        duty(
          operations,
          'quarterly',
          `Verify the evidence in ${name}`,
          `holdfast evidence verify --repository ${name}`,
        ),
      ),
    duty(operations, 'quarterly', 'Make the report of the quarter', 'holdfast report audit --out reports'),
    duty(operations, 'quarterly', 'Look through weaknesses of the policy', 'holdfast validate'),
  ];
}

/** Plans that no Schedule tests. */
function untested({ plans }: ResolvedPolicy): Duty[] {
  return Object.values(plans)
    .filter(({ restoreTest }) => restoreTest?.schedule === undefined)
    .map(({ name, restoreTest }) =>
      restoreTest === undefined
        ? duty(operations, 'monthly', `Restore a backup of ${name} by hand: no zone can test it`, null)
        : duty(
            operations,
            'monthly',
            `Test a backup of ${name}: no schedule does`,
            `holdfast restore-test run ${name}`,
          ),
    );
}

/** A key that ends soon is a matter of this week. */
function expiring({ checks }: ResolvedPolicy, keys: readonly KeyEnd[], at: string): Duty[] {
  return keys.flatMap(({ key, expires }) => {
    if (expires === null) return [];
    const left = (Date.parse(expires) - Date.parse(at)) / 1000;
    const period = left < checks.health.keyExpiry ? 'weekly' : 'quarterly';
    return [duty(operations, period, `Renew the key ${key} before it ends`, null, expires.slice(0, 10))];
  });
}

function approving({ deletion, sources }: ResolvedPolicy): Duty[] {
  return [
    duty(deletion.role, 'daily', 'Answer deletions that wait for an approval', 'holdfast deletion list'),
    ...Object.values(sources).flatMap(({ name, switch: rule }) =>
      rule === undefined
        ? []
        : [
            duty(
              rule.role,
              'daily',
              `Answer switches of ${name} that wait for an approval`,
              'holdfast switch list',
            ),
          ],
    ),
  ];
}

function attaching({ repositories }: ResolvedPolicy): Duty[] {
  return Object.values(repositories).flatMap(({ name, manual }) => {
    if (manual === undefined) return [];
    const period = periodOf(intervalsOf(manual.schedule.cron).longest);
    const what = `Attach ${name} when it is asked for (${manual.schedule.cron}), and put it away afterwards`;
    return [
      duty(manual.role, period, what, `holdfast repository attached ${name}`),
      ...(manual.escalate === undefined
        ? []
        : [
            duty(
              manual.escalate,
              period,
              `See that ${name} was attached: reminders come to you from the third on`,
              null,
            ),
          ]),
    ];
  });
}

/** What comes at least so often is looked at so often. */
function periodOf(seconds: number): DutyPeriod {
  if (seconds <= 2 * day) return 'daily';
  if (seconds <= 8 * day) return 'weekly';
  return seconds <= 32 * day ? 'monthly' : 'quarterly';
}

function failingOver({ runbooks }: ResolvedPolicy): Duty[] {
  return Object.values(runbooks).flatMap(({ name, commander, steps, preflight }) => {
    const roles = new Map<string, string[]>();
    for (const { role, id } of steps) roles.set(role, [...(roles.get(role) ?? []), id]);
    return [
      duty(
        commander,
        'weekly',
        preflight === undefined
          ? `Check without effect whether ${name} could be followed: no schedule does`
          : `Read what the check of ${name} found`,
        preflight === undefined ? `holdfast runbook check ${name}` : `holdfast runbook list`,
      ),
      duty(
        commander,
        'quarterly',
        `Print ${name}, and keep it where the loss that it is for can't take it`,
        `holdfast runbook print ${name} --format html`,
      ),
      ...[...roles].map(([role, ids]) =>
        duty(
          role,
          'quarterly',
          `Read your steps of ${name}: ${ids.join(', ')}`,
          `holdfast runbook print ${name}`,
        ),
      ),
    ];
  });
}

/** Surprises stay surprises: nothing is told of them. */
function rehearsing({ runbooks }: ResolvedPolicy): Duty[] {
  return Object.values(runbooks).flatMap(({ name, commander, drills }) => [
    ...(drills.length === 0
      ? [duty(commander, 'quarterly', `Rehearse ${name}: no schedule does`, `holdfast drill ${name}`)]
      : []),
    ...drills.map(({ name: drill, kind, owner, schedule, notice }) =>
      duty(
        owner,
        periodOf(intervalsOf(schedule.cron).longest),
        `Hold the drill ${drill} (${kind}) of ${name} (${schedule.cron}; notice ${formatDuration(notice)} before), say what came of what was expected, and see to its follow-ups`,
        `holdfast report review drill/${name}`,
      ),
    ),
  ]);
}

function owning({ services }: ResolvedPolicy, at: string): Duty[] {
  return Object.values(services).map((service) => {
    const { next, overdue } = reviewOf(service, at);
    return duty(
      service.owner,
      overdue ? 'weekly' : 'quarterly',
      `Look through the continuity plan of ${service.name}${overdue ? ': it is overdue' : ''}`,
      `holdfast report bcp ${service.name}`,
      next,
    );
  });
}
