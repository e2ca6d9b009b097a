import type { ResolvedPolicy, ResolvedService } from '../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../policy/resolved-failover.ts';
import type { Objective, TestRecord } from '../../reports/bcp-facts.ts';
import type { FoundReport } from '../../workflows/contract-report.ts';

const nothing = { rto: null, rpo: null } as const;

/**
 * Targets of the service's sources and runbooks, and what was measured last: of a source by the newest restore test that
 * proved a backup, of a runbook by the newest run that was no tabletop.
 */
export function objectivesOf(
  policy: ResolvedPolicy,
  { sources }: ResolvedService,
  runbooks: readonly ResolvedRunbook[],
  reports: readonly FoundReport[],
): Objective[] {
  return [
    ...sources.map((source): Objective => {
      const plans = Object.values(policy.plans).filter((plan) => plan.source.name === source);
      const tier = plans.find((plan) => plan.tier !== undefined)?.tier;
      const newest = reports.find(
        ({ test }) => test?.verdict === 'proven' && plans.some(({ name }) => name === test.plan),
      );
      return objective(`source ${source}`, tier, newest, newest?.test);
    }),
    ...runbooks.map(({ name, tier }): Objective => {
      const newest = reports.find(({ run }) => run?.runbook === name && run.mode !== 'tabletop');
      return objective(`runbook ${name}`, tier, newest, newest?.run);
    }),
  ];
}

type Tier = ResolvedRunbook['tier'];
type Told = { rto: { measured: number | null }; rpo: { measured: number | null } };

function objective(
  what: string,
  tier: Tier,
  report: FoundReport | undefined,
  told: Told | undefined,
): Objective {
  const measured = told === undefined ? nothing : { rto: told.rto.measured, rpo: told.rpo.measured };
  return {
    what,
    tier: tier?.name ?? null,
    rto: { target: tier?.rto ?? null, measured: measured.rto },
    rpo: { target: tier?.rpo ?? null, measured: measured.rpo },
    by: report === undefined ? null : { kind: kindOf(report), at: report.at, path: report.path },
  };
}

/** What was tested and rehearsed, newest first. */
export function historyOf(reports: readonly FoundReport[]): TestRecord[] {
  return reports.flatMap((report) => {
    const told = report.test ?? report.run;
    if (told === undefined) return [];
    const { at, path, sha256, subject, result } = report;
    const outcome = report.test === undefined ? result : `${result} (${report.test.verdict})`;
    return [
      { at, kind: kindOf(report), subject, result: outcome, rto: told.rto, rpo: told.rpo, path, sha256 },
    ];
  });
}

function kindOf({ run }: FoundReport): string {
  if (run === undefined) return 'restore test';
  return run.mode === 'real' ? 'failover' : run.mode;
}
