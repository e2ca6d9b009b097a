import type {
  CanaryResult,
  HealthJudgement,
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
  /** A worthless text, encrypted as a backup would be. */
  sealCanary(input: SealCanaryInput): Promise<{ sealed: string }>;
  /** Whether this zone opens what was sealed. */
  openCanary(input: OpenCanaryInput): Promise<CanaryResult>;
};
