import type { LoadedPolicy } from '../../policy/index.ts';
import type { ResolvedPolicy, ResolvedService } from '../../policy/resolved.ts';
import type { ResolvedRunbook, ResolvedStep } from '../../policy/resolved-failover.ts';
import type { ContinuityPlan, PlannedRunbook } from '../../reports/bcp-facts.ts';
import { isWholeRun } from '../../reports/criteria-judged.ts';
import type { FoundReport, FoundReports, Period } from '../../workflows/contract-report.ts';
import { describeStep } from '../../workflows/failover/does.ts';
import { contactsOf } from './contacts.ts';
import { keysIn, plansOf, sourcesOf } from './inventory.ts';
import { historyOf, objectivesOf } from './measured.ts';

/** Tests of the history beyond so many are counted and not listed. */
const testsListed = 50;

/** What is known when a document is made. */
export type Facts = FoundReports & {
  /** When the reports were looked for. */
  period: Period;
  /** ISO 8601. */
  at: string;
  /** Who asked for it. */
  person: string | null;
};

/** The continuity plan of a service, from the policy and signed reports. Pure. */
export function continuityPlan(
  { policy, weaknesses }: LoadedPolicy,
  service: ResolvedService,
  { reports, faults, period, at, person }: Facts,
): ContinuityPlan {
  const runbooks = service.runbooks.flatMap((name) => policy.runbooks[name] ?? []);
  const own = reports.filter((report) => isOf(report, service));
  const history = historyOf(own);
  const plans = plansOf(policy, service, own);
  return {
    result: faults.length === 0 ? 'passed' : 'passed-with-exceptions',
    organization: policy.organization,
    policyHash: policy.hash,
    at,
    person,
    service: { name: service.name, say: service.say, owner: service.owner },
    objectives: objectivesOf(policy, service, runbooks, own),
    sources: sourcesOf(policy, service),
    plans,
    keys: keysIn(policy, service),
    targets: targetsOf(runbooks),
    runbooks: runbooks.map((runbook) => plannedRunbook(runbook, own)),
    contacts: contactsOf(policy, service, runbooks),
    messages: messagesOf(runbooks),
    history: history.slice(0, testsListed),
    more: Math.max(0, history.length - testsListed),
    since: period.from,
    weaknesses: weaknesses
      .filter(({ path }) => isAbout(path, policy, service, runbooks))
      .map(({ severity, path, message, hint }) => ({ severity, path, message, hint })),
    review: reviewOf(service, at),
    exceptions: faults,
  };
}

/** Whether a report is about something that the service is made of. */
function isOf({ test, run }: FoundReport, { plans, runbooks }: ResolvedService): boolean {
  return (
    (test !== undefined && plans.includes(test.plan)) || (run !== undefined && runbooks.includes(run.runbook))
  );
}

function plannedRunbook(runbook: ResolvedRunbook, reports: readonly FoundReport[]): PlannedRunbook {
  const { name, version, say, class: disaster, lost, commander, steps } = runbook;
  const newest = reports.find(
    (report) => report.run?.runbook === name && report.run.version === version && isWholeRun(report),
  );
  return {
    ...{ name, version, say, class: disaster, lost, commander },
    steps: steps.map((step) => ({
      id: step.id,
      phase: step.phase,
      role: step.role,
      zone: step.zone,
      does: step.say === '' ? describeStep(step, 'real') : `${step.say}: ${describeStep(step, 'real')}`,
      asks: step.approve || step.do === 'approve' || step.do === 'postgres.recover',
    })),
    rehearsed:
      newest?.run === undefined
        ? null
        : { at: newest.at, mode: newest.run.mode, result: newest.result, path: newest.path },
  };
}

/** The communication plan is the policy's: each of its runbooks carries it. */
function messagesOf(runbooks: readonly ResolvedRunbook[]): ContinuityPlan['messages'] {
  const all = runbooks.flatMap(({ communication }) => communication?.messages ?? []);
  return [...new Map(all.map((message) => [message.name, message])).values()].map(
    ({ name, audience, moment, role, channel, within }) => ({
      ...{ name, audience, moment, role, channel },
      ...(within === undefined ? {} : { within }),
    }),
  );
}

function targetsOf(runbooks: readonly ResolvedRunbook[]): ContinuityPlan['targets'] {
  const found = new Map<string, ContinuityPlan['targets'][number]>();
  for (const { name, steps } of runbooks)
    for (const target of steps.flatMap(stepTargets)) {
      const known = found.get(target.name) ?? { name: target.name, zone: target.zone, runbooks: [] };
      const used = known.runbooks.includes(name) ? known.runbooks : [...known.runbooks, name];
      found.set(target.name, { ...known, runbooks: used });
    }
  return [...found.values()];
}

/** What a step touches when it is real. */
function stepTargets(step: ResolvedStep): { name: string; zone: string }[] {
  switch (step.do) {
    case 'postgres.fence':
    case 'sql.check':
    case 'restore':
      return [step.target];
    case 'postgres.promote':
      return step.primary === undefined ? [step.target] : [step.target, step.primary];
    case 'postgres.standby':
      return [step.target, step.primary];
    case 'postgres.recover':
      return [step.standby];
    default:
      return [];
  }
}

/** Whether a weakness is of something that the service is made of, or of what everything stands on. */
function isAbout(
  path: string,
  policy: ResolvedPolicy,
  { name, sources, plans }: ResolvedService,
  runbooks: readonly ResolvedRunbook[],
): boolean {
  const [section = '', entry = ''] = path.split(/[.[]/);
  const own = plans.flatMap((plan) => policy.plans[plan] ?? []);
  const entries: Record<string, readonly string[]> = {
    services: [name],
    sources,
    plans,
    runbooks: runbooks.map((each) => each.name),
    keys: own.map(({ key }) => key.name),
    repositories: own.flatMap(({ copies, airgapped = [] }) =>
      [...copies, ...airgapped].map((each) => each.name),
    ),
    targets: targetsOf(runbooks).map((target) => target.name),
  };
  const named = entries[section];
  if (named !== undefined) return named.includes(entry);
  return ['audit', 'notifications', 'checks', 'deletion', 'zones', 'people', 'nameServers'].includes(section);
}

/** When it is looked through next, counted from the day on which that was done last. */
export function reviewOf({ review, reviewed }: ResolvedService, at: string): ContinuityPlan['review'] {
  if (reviewed === null) return { every: review, reviewed, next: null, overdue: true };
  const next = new Date(Date.parse(`${reviewed}T00:00:00Z`) + review * 1000).toISOString().slice(0, 10);
  return { every: review, reviewed, next, overdue: next < at.slice(0, 10) };
}
