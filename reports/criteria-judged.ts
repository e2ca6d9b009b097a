import type { ResolvedPlan } from '../policy/resolved.ts';
import type { FoundReport } from '../workflows/contract-report.ts';
import type { ComplianceFacts, Criterion } from './criteria.ts';

/** What was found of one criterion, and the reports that show it. */
export type Judged = Pick<Criterion, 'holds' | 'sentence'> & { by?: readonly FoundReport[] };

/** So many of so many: all is yes, none is no. */
export function share(have: number, all: number, sentence: string): Judged {
  if (all === 0) return { holds: 'no', sentence };
  return { holds: have === all ? 'yes' : have === 0 ? 'no' : 'in-part', sentence };
}

export const plansOf = ({ policy }: ComplianceFacts): ResolvedPlan[] => Object.values(policy.plans);

export const passed = (result: string): boolean => result === 'passed' || result === 'passed-with-exceptions';

export function named(names: readonly string[]): string {
  const few = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${few} and ${names.length - 5} more` : few;
}

/** Whether a run went through a whole runbook, not in words alone, and came to its end. */
export function isWholeRun({ run, result }: FoundReport): boolean {
  if (run === undefined || run.mode === 'tabletop') return false;
  return passed(result) && run.kind !== 'partial' && run.kind !== 'restore';
}
