import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { FoundReport, Period } from '../workflows/contract-report.ts';
import {
  copiesChecked,
  copyRule,
  encrypted,
  immutable,
  keysApart,
  masked,
  offsite,
  planned,
  recentTests,
  retention,
} from './criteria-backups.ts';
import { alerted, audited, guardedDeletion, regulatorMessage, signedApprovals } from './criteria-guards.ts';
import type { Judged } from './criteria-judged.ts';
import {
  objectives,
  objectivesMet,
  plansReviewed,
  rehearsed,
  reviewedRuns,
  servicesPlanned,
} from './criteria-recovery.ts';

/** Something that can be seen in the policy or in signed reports, and that rules ask for. */
export type CriterionId =
  | 'planned'
  | 'recent-tests'
  | 'copy-rule'
  | 'copies-checked'
  | 'offsite'
  | 'immutable'
  | 'encrypted'
  | 'keys-apart'
  | 'retention'
  | 'guarded-deletion'
  | 'signed-approvals'
  | 'audited'
  | 'alerted'
  | 'regulator-message'
  | 'masked'
  | 'objectives'
  | 'objectives-met'
  | 'rehearsed'
  | 'services-planned'
  | 'plans-reviewed'
  | 'reviewed-runs';

/** A signed report that shows something, or what in the policy does. */
export type Shown = { path: string; sha256: string; at: string };

export type Criterion = {
  id: CriterionId;
  holds: 'yes' | 'in-part' | 'no' | 'not-known' | 'not-applicable';
  sentence: string;
  /** What was looked at for it. */
  seenIn: 'policy' | 'reports';
  /** The newest few. */
  evidence: Shown[];
  /** How many more there are. */
  more: number;
};

/** What is looked at. */
export type ComplianceFacts = {
  policy: Pick<
    ResolvedPolicy,
    | 'zones'
    | 'sources'
    | 'plans'
    | 'runbooks'
    | 'services'
    | 'deletion'
    | 'audit'
    | 'notifications'
    | 'refreshes'
    | 'checks'
  >;
  /** Ids of the policy's known weaknesses. */
  weaknesses: readonly string[];
  /** Newest first; only those whose signature holds. */
  reports: readonly FoundReport[];
  period: Period;
  /** Names of services whose review is overdue. */
  overdue: readonly string[];
};

const shownMost = 5;

/** Everything that rules ask for, as the facts show it. Pure. */
export function judgeCriteria(facts: ComplianceFacts): Criterion[] {
  const judges: Record<CriterionId, (facts: ComplianceFacts) => Judged> = {
    planned,
    'recent-tests': recentTests,
    'copy-rule': copyRule,
    'copies-checked': copiesChecked,
    offsite,
    immutable,
    encrypted,
    'keys-apart': keysApart,
    retention,
    'guarded-deletion': guardedDeletion,
    'signed-approvals': signedApprovals,
    audited,
    alerted,
    'regulator-message': regulatorMessage,
    masked,
    objectives,
    'objectives-met': objectivesMet,
    rehearsed,
    'services-planned': servicesPlanned,
    'plans-reviewed': plansReviewed,
    'reviewed-runs': reviewedRuns,
  };
  return Object.entries(judges).flatMap(([name, judge]) => {
    const id = isCriterion(name, judges) ? name : null;
    if (id === null) return [];
    const { holds, sentence, by } = judge(facts);
    const shown = by ?? [];
    const evidence = shown.slice(0, shownMost).map(({ path, sha256, at }) => ({ path, sha256, at }));
    const seenIn = by === undefined ? 'policy' : 'reports';
    return [{ id, holds, sentence, seenIn, evidence, more: shown.length - evidence.length }];
  });
}

const isCriterion = (name: string, judges: Record<CriterionId, unknown>): name is CriterionId =>
  Object.hasOwn(judges, name);
