/** Preflight: each step of a runbook is looked at without effect, in the zone that would do it, in every mode. */
import type { ResolvedRepository, Signer } from '../policy/resolved.ts';
import type { ResolvedRunbook, RunMode } from '../policy/resolved-failover.ts';
import type { Outcome } from './contract.ts';
import type { EarlierRun } from './contract-failover.ts';
import type { Choice, Fact, PreflightFinding } from './contract-failover-steps.ts';

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
  /** Seconds for all looks together: what has not answered by then is not waited for. Absent: there is no such time. */
  within?: number;
  /** Looks at the real run alone, and reads in these repositories what earlier runs took. */
  preview?: { repositories: ResolvedRepository[]; signers: Signer[] };
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
  /** Of a check that was asked for it. */
  preview?: RunbookPreview;
};

/** What a real run would begin with. */
export type RunbookPreview = {
  /** Newest first. */
  earlier: EarlierRun[];
  /** What is true now, by step. */
  looks: { step: string; facts: Fact[]; choices: Choice[] }[];
};
