import { partOf } from '../policy/failover/part.ts';
import type { ResolvedPolicy, ScheduleSettings } from '../policy/resolved.ts';
import type { DrillRule, ResolvedRunbook } from '../policy/resolved-failover.ts';
import { workflowTypes } from '../workflows/contract.ts';
import {
  type DrillWatchInput,
  drillIdOf,
  drillWatchId,
  type WatchedDrill,
} from '../workflows/contract-drills.ts';
import type { FailoverInput } from '../workflows/contract-failover.ts';
import type { DrillSettings } from '../workflows/contract-rehearsal.ts';
import { failoverInput, reportPlaces } from './failover-input.ts';
import type { Recurring } from './kinds.ts';

const day = 86_400;

/** Seconds that the owner of a drill has after it to say what came out. */
export const verdictTime = day;

/** Seconds that a drill may take beyond its deadline and its owner's word, to clean up and to keep its report. */
const afterwards = day;

/** A notice comes at least its time before, and so must be looked for oftener than it matters. */
const watching: ScheduleSettings = {
  cron: '7 * * * *',
  jitter: 0,
  catchup: 600,
  deadline: 1800,
  paused: false,
};

/** The rehearsals of all runbooks, and what looks after them. */
export function drillsOf(policy: ResolvedPolicy): Recurring[] {
  const drills = Object.values(policy.runbooks).flatMap((runbook) =>
    runbook.drills.map((rule) => drillOf(policy, runbook, rule)),
  );
  return drills.length === 0 ? [] : [...drills, watchOf(policy)];
}

function drillOf(policy: ResolvedPolicy, runbook: ResolvedRunbook, rule: DrillRule): Recurring {
  const { name, kind, owner, schedule } = rule;
  const { protects } = runbook;
  const input = drillInput(policy, runbook, rule, {
    reason: `The drill ${name} of the policy, on its Schedule`,
    schedule,
  });
  return {
    workflowId: drillIdOf(runbook.name, name),
    workflowType: workflowTypes.failover,
    zone: runbook.zone,
    timezone: policy.timezone,
    settings: schedule,
    timeLimit: schedule.deadline + verdictTime + afterwards,
    input,
    attributes: {
      HoldfastKind: workflowTypes.failover,
      ...(protects[0] === undefined ? {} : { HoldfastSource: protects[0] }),
    },
    summary: `Drill ${name} of ${runbook.name} (${kind}), declared by ${owner}`,
    about: `rehearses ${input.runbook.steps.length} steps of ${runbook.name} (${kind}), declared by ${owner}`,
    memo: memoOf(input),
  };
}

/** What lists of runs show of one, as its starter puts it beside it. */
export const memoOf = ({ runbook, mode, person, reason }: FailoverInput) => ({
  runbook: runbook.name,
  version: runbook.version,
  mode,
  person,
  reason,
});

/** What a drill of the policy is started with, by its Schedule or by a person. */
export function drillInput(
  policy: ResolvedPolicy,
  runbook: ResolvedRunbook,
  rule: DrillRule,
  about: Pick<DrillSettings, 'schedule'> & Pick<FailoverInput, 'reason' | 'lastCheck'> & { person?: string },
): FailoverInput {
  const { name, kind, mode, owner, expect, inject, steps } = rule;
  const { reason, schedule, lastCheck, person = owner } = about;
  const rehearsed = { ...(steps === undefined ? runbook : partOf(runbook, steps)), drills: [] };
  const drill: DrillSettings = {
    ...{ name, kind, owner, expect, inject },
    ...(schedule === undefined ? {} : { schedule }),
    deadline: rule.schedule.deadline,
    verdict: verdictTime,
  };
  return failoverInput(policy, rehearsed, {
    ...{ mode, person, reason, drill },
    ...(lastCheck === undefined ? {} : { lastCheck }),
  });
}

function watchOf(policy: ResolvedPolicy): Recurring {
  const input = drillWatchInput(policy);
  const many = `${input.drills.length} ${input.drills.length === 1 ? 'drill' : 'drills'}`;
  return {
    workflowId: drillWatchId,
    workflowType: workflowTypes.drillWatch,
    zone: policy.checks.zone,
    timezone: policy.timezone,
    settings: watching,
    timeLimit: watching.deadline,
    input,
    attributes: { HoldfastKind: workflowTypes.drillWatch },
    summary: `Notices of ${many}, and whether they were held`,
    about: `tells those concerned before ${many}, and whether they were held`,
  };
}

/** What looks after the drills needs to know of a policy. */
export function drillWatchInput(policy: ResolvedPolicy): DrillWatchInput {
  const rolesOf = (person: string) => policy.people.find(({ name }) => name === person)?.roles ?? [];
  return {
    timezone: policy.timezone,
    alertZone: policy.checks.zone,
    schedule: watching,
    drills: Object.values(policy.runbooks).flatMap((runbook) =>
      runbook.drills.map(({ name, kind, schedule, notice, owner, expect, steps }): WatchedDrill => {
        const rehearsed = runbook.steps.filter(({ id }) => steps === undefined || steps.includes(id));
        const roles = [...new Set([runbook.commander, ...rehearsed.map(({ role }) => role)])];
        return {
          ...{ runbook: runbook.name, drill: name, kind, schedule, notice, owner, expect, roles },
          told: [...new Set([...roles, ...rolesOf(owner)])],
        };
      }),
    ),
    repositories: reportPlaces(policy),
    signers: policy.signers,
  };
}
