/** What the policy and signed reports show of recovery: objectives, runbooks, plans and reviews. Pure. */
import type { FoundReport } from '../workflows/contract-report.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import type { ComplianceFacts } from './criteria.ts';
import { isWholeRun, type Judged, named, plansOf, share } from './criteria-judged.ts';

export function objectives(facts: ComplianceFacts): Judged {
  const plans = plansOf(facts);
  const have = plans.filter(({ tier }) => tier !== undefined).length;
  return share(
    have,
    plans.length,
    `${have} of ${plans.length} plans are measured against a tier with RTO and RPO.`,
  );
}

/** The newest measurement of each plan and runbook counts. */
export function objectivesMet({ reports }: ComplianceFacts): Judged {
  const newest = new Map<string, FoundReport>();
  for (const report of reports) {
    const name =
      report.test === undefined ? report.run && `runbook ${report.run.runbook}` : `plan ${report.test.plan}`;
    if (name === undefined || report.run?.mode === 'tabletop') continue;
    if (report.test !== undefined && report.test.verdict !== 'proven') continue;
    if (!newest.has(name)) newest.set(name, report);
  }
  const measured = [...newest].filter(([, { test, run }]) => isMeasured(test ?? run));
  if (measured.length === 0)
    return { holds: 'not-known', sentence: 'Nothing was measured against a target.', by: [] };
  const missed = measured.filter(([, { test, run }]) => isMissed(test ?? run)).map(([name]) => name);
  const sentence =
    missed.length === 0
      ? `RTO and RPO were met in the newest test of each of ${measured.length} plans and runbooks.`
      : `A target was missed in the newest test of ${named(missed)}.`;
  return {
    ...share(measured.length - missed.length, measured.length, sentence),
    by: measured.map(([, report]) => report),
  };
}

type Times = { rto: Measured; rpo: Measured };

const isMeasured = (times: Times | undefined): boolean =>
  times !== undefined &&
  [times.rto, times.rpo].some(({ target, measured }) => target !== null && measured !== null);

const isMissed = (times: Times | undefined): boolean =>
  times !== undefined &&
  [times.rto, times.rpo].some(
    ({ target, measured }) => target !== null && measured !== null && measured > target,
  );

/** The very version that is in force: an older one proves little. */
export function rehearsed({ policy, reports }: ComplianceFacts): Judged {
  const all = Object.values(policy.runbooks);
  if (all.length === 0) return { holds: 'no', sentence: 'The policy has no runbook.' };
  const good = reports.filter(isWholeRun);
  const without = all
    .filter(({ name, version }) => !good.some(({ run }) => run?.runbook === name && run.version === version))
    .map(({ name }) => name);
  const sentence =
    without.length === 0
      ? `Each of the ${all.length} runbooks was run in its present version within this time, and came through.`
      : `Not rehearsed in the present version within this time: ${named(without)}.`;
  return { ...share(all.length - without.length, all.length, sentence), by: good };
}

export function servicesPlanned({ policy }: ComplianceFacts): Judged {
  const all = Object.values(policy.services);
  if (all.length === 0)
    return { holds: 'no', sentence: 'The policy names no services, and so there are no continuity plans.' };
  const have = all.filter(({ runbooks, plans }) => runbooks.length > 0 && plans.length > 0).length;
  return share(have, all.length, `${have} of ${all.length} services have backups and a runbook.`);
}

export function plansReviewed({ policy, overdue, reports }: ComplianceFacts): Judged {
  const all = Object.keys(policy.services);
  if (all.length === 0) return { holds: 'no', sentence: 'There is no continuity plan to look through.' };
  const kept = reports.filter(({ kind }) => kind === 'continuity-plan');
  const sentence =
    overdue.length === 0
      ? `Each of the ${all.length} continuity plans was looked through in time.`
      : `The review of ${named(overdue)} is overdue.`;
  return { ...share(all.length - overdue.length, all.length, sentence), by: kept };
}

/** Each real failover wants a review. */
export function reviewedRuns({ reports }: ComplianceFacts): Judged {
  const reviews = reports.filter(({ kind }) => kind === 'review');
  const runs = reports.filter(({ run }) => run?.mode === 'real');
  const without = runs.filter(
    (run) => !reviews.some(({ subject, at }) => subject === run.subject && at >= run.at),
  );
  if (runs.length === 0)
    return reviews.length > 0
      ? {
          holds: 'yes',
          sentence: `There was no failover within this time; ${reviews.length} rehearsals were reviewed.`,
          by: reviews,
        }
      : { holds: 'not-applicable', sentence: 'There was no failover within this time that wanted a review.' };
  const sentence =
    without.length === 0
      ? `Each of the ${runs.length} failovers was reviewed.`
      : `${without.length} of ${runs.length} failovers were not reviewed.`;
  return { ...share(runs.length - without.length, runs.length, sentence), by: reviews };
}
