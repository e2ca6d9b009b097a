import type {
  CanaryResult,
  CopiesAnswer,
  CopiesJudgement,
  HealthJudgement,
  JudgeCopiesInput,
  JudgeHealthInput,
  OpenCanaryInput,
  SealCanaryInput,
  Tidied,
  ZoneAnswer,
} from '../workflows/contract-checks.ts';

export type CheckActivities = {
  /** What the worker's zone finds out about its repositories and keys; the run's own input says which. */
  lookAround(): Promise<Extract<ZoneAnswer, { packed: string }>>;
  /** Weighs what the zones told with what Temporal knows. */
  judgeHealth(input: JudgeHealthInput): Promise<HealthJudgement>;
  /** Removes what workers of this host that are gone left behind (law 13). */
  tidy(): Promise<Tidied>;
  /** What the worker's zone finds out about the newest copies in its repositories. */
  lookAtCopies(): Promise<Extract<CopiesAnswer, { packed: string }>>;
  /** Weighs all that was found out about copies, and signs the report. */
  judgeCopies(input: JudgeCopiesInput): Promise<CopiesJudgement>;
  /** A worthless text, encrypted as a backup would be. */
  sealCanary(input: SealCanaryInput): Promise<{ sealed: string }>;
  /** Whether this zone opens what was sealed. */
  openCanary(input: OpenCanaryInput): Promise<CanaryResult>;
};
