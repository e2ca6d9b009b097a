import type {
  AuditFacts,
  AuditReport,
  CoveredPlan,
  FoundReport,
  FoundTest,
  ReportedPlan,
  StoredRepository,
} from '../workflows/contract-report.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import type { PlanCopies } from '../workflows/contract-survey.ts';
import { startOfBackup } from './backup-time.ts';
import { monthlyCost, sum } from './cost.ts';
import { costAhead } from './cost-ahead.ts';

/** Failed tests beyond so many are counted and not listed. */
const failuresListed = 100;

/** A restore test of the period, with where its report is. */
type Test = FoundTest & { at: string; path: string };

/** Everything that a quarter's report says, from what was found. Pure: the same facts make the same report. */
export function auditReport(facts: AuditFacts): AuditReport {
  const { input, at, run, reports, incidents, exceptions } = facts;
  const { organization, period, timezone, policyHash, recommendations } = input;
  const tests = reports.flatMap(({ test, at, path }): Test[] =>
    test === undefined ? [] : [{ ...test, at, path }],
  );
  const plans = input.plans.map((plan) => covered(plan, tests, facts));
  const planned = new Set(input.plans.map(({ source }) => source));
  return {
    result: exceptions.length === 0 ? 'passed' : 'passed-with-exceptions',
    organization,
    period,
    timezone,
    at,
    policyHash,
    ...run,
    person: input.person ?? null,
    coverage: {
      sources: input.sources.length,
      unprotected: input.sources.filter((source) => !planned.has(source)),
      plans,
      unproven: plans.filter(({ proven }) => proven === 0).map(({ plan }) => plan),
    },
    tests: testsOf(tests),
    otherReports: countedReports(reports),
    storage: storageOf(facts),
    incidents,
    recommendations,
    exceptions,
  };
}

function covered(plan: ReportedPlan, tests: readonly Test[], { surveys, at }: AuditFacts): CoveredPlan {
  const namesOf = (places: readonly { name: string }[]) => places.map(({ name }) => name);
  const found = surveys.flatMap(({ repository, plans }) =>
    plans.filter((copies) => copies.plan === plan.name).map((copies) => ({ repository, ...copies })),
  );
  const own = tests.filter((test) => test.plan === plan.name);
  const count = (verdict: FoundTest['verdict']) => own.filter((test) => test.verdict === verdict).length;
  const newest = last(found.map((copies) => startOf(copies.newest)));
  return {
    plan: plan.name,
    source: plan.source,
    tier: plan.tier?.name ?? null,
    wanted: namesOf(plan.copies),
    held: found.filter((copies) => copies.count > 0).map(({ repository }) => repository),
    airgapped: namesOf(plan.airgapped),
    backups: Math.max(0, ...found.map((copies) => copies.count)),
    newest,
    oldest: first(found.map((copies) => startOf(copies.oldest))),
    age: newest === null ? null : (Date.parse(at) - Date.parse(newest)) / 1000,
    scheduled: plan.tested,
    proven: count('proven'),
    disproven: count('disproven'),
    untested: count('untested'),
    lastProven: last([
      ...found.map(({ proven }: PlanCopies) => proven?.at ?? null),
      ...own.map(({ verdict, at }) => (verdict === 'proven' ? at : null)),
    ]),
    rto: worst(
      own.map(({ rto }) => rto),
      plan.tier?.rto,
    ),
    rpo: worst(
      own.map(({ rpo }) => rpo),
      plan.tier?.rpo,
    ),
  };
}

const startOf = (backupId: string | null): string | null =>
  backupId === null ? null : startOfBackup(backupId);

/** Times of ISO 8601 in UTC have the order of their text. */
const sorted = (times: readonly (string | null)[]): string[] => times.flatMap((time) => time ?? []).sort();
const first = (times: readonly (string | null)[]): string | null => sorted(times).at(0) ?? null;
const last = (times: readonly (string | null)[]): string | null => sorted(times).at(-1) ?? null;

/** The worst that was measured, against the target of today. */
function worst(all: readonly Measured[], target: number | undefined): Measured {
  const measured = all.flatMap((each) => each.measured ?? []);
  return { target: target ?? null, measured: measured.length === 0 ? null : Math.max(...measured) };
}

function testsOf(tests: readonly Test[]): AuditReport['tests'] {
  const count = (verdict: FoundTest['verdict']) => tests.filter((test) => test.verdict === verdict).length;
  const failures = tests
    .filter(({ verdict }) => verdict !== 'proven')
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .map(({ at, plan, verdict, sentence, path }) => ({ at, plan, verdict, sentence, path }));
  return {
    proven: count('proven'),
    disproven: count('disproven'),
    untested: count('untested'),
    failures: failures.slice(0, failuresListed),
    more: Math.max(0, failures.length - failuresListed),
  };
}

function countedReports(reports: readonly FoundReport[]): AuditReport['otherReports'] {
  const counts = new Map<string, AuditReport['otherReports'][number]>();
  for (const { kind, result } of reports) {
    if (kind === 'restore-test') continue;
    const counted = counts.get(`${kind} ${result}`) ?? { kind, result, count: 0 };
    counts.set(`${kind} ${result}`, { ...counted, count: counted.count + 1 });
  }
  return [...counts.values()].sort((a, b) => (`${a.kind} ${a.result}` < `${b.kind} ${b.result}` ? -1 : 1));
}

function storageOf({ input, surveys, at }: AuditFacts): AuditReport['storage'] {
  const { repositories, prices, plans } = input;
  const { currency, asOf, total, unpricedBytes, budget, lines } = monthlyCost(surveys, repositories, prices);
  return {
    repositories: repositories.map(({ name, zone }): StoredRepository => {
      const found = surveys.find(({ repository }) => repository === name);
      const known = found?.unreadable === null ? found : undefined;
      return {
        repository: name,
        zone,
        backups: known === undefined ? null : sum(known.plans.map(({ count }) => count)),
        bytes: known === undefined ? null : sum(known.plans.map(({ bytes }) => bytes)),
        free: known?.free ?? null,
        unreadable: found?.unreadable ?? (found === undefined ? 'It was not looked at.' : null),
      };
    }),
    cost: {
      currency,
      asOf,
      now: total,
      ...costAhead(surveys, { repositories, plans, prices, at }),
      budget,
      unpricedBytes,
      lines,
    },
  };
}
