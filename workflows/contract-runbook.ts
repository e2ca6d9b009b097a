/** Preflight: each step of a runbook is looked at without effect, in the zone that would do it, in every mode. */
import type { ResolvedRunbook, RunMode } from '../policy/resolved-failover.ts';
import type { Outcome } from './contract.ts';
import type { PreflightFinding } from './contract-failover.ts';

/** The id of a runbook's checks; a Schedule adds the nominal time to it. */
export const runbookCheckId = (runbook: string): string => `runbook-check/${runbook}`;

/** A tabletop touches nothing, not even by looking. */
export type CheckedMode = Exclude<RunMode, 'tabletop'>;

export type RunbookCheckInput = {
  runbook: ResolvedRunbook;
  /** The zone that keeps the alerts; absent: nobody is told. */
  alertZone?: string;
  /** Seconds that a zone is waited for; absent: 90. */
  patience?: number;
  /** Opens and closes no alert. */
  quiet?: true;
};

export type CheckedStep = PreflightFinding & { mode: CheckedMode };

export type RunbookCheckResult = {
  /** failed: some step could not be done now. passed-with-exceptions: something is to be known, or was not checked. */
  result: Outcome;
  runbook: string;
  version: string;
  at: string;
  /** The worst first, and then in the order of the steps. */
  findings: CheckedStep[];
  /** Sentences on what else went wrong, such as alerts that could not be told. */
  warnings: string[];
};
