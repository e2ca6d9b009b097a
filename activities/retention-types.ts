import type { ResolvedRepository } from '../policy/resolved.ts';
import type {
  DeedInput,
  ExpiryResult,
  HoldInRepository,
  HoldOutcome,
  LockInput,
  LockResult,
  PromotionInput,
  PromotionResult,
  RetentionRecord,
  SurveyInput,
  SurveyResult,
  Weighed,
  WeighInput,
} from '../workflows/contract-retention.ts';

export type RetentionActivities = {
  /** Adds what one repository lists to a survey. */
  surveyRepository(input: SurveyInput): Promise<SurveyResult>;
  /** Decides, and sums up; nothing is touched. */
  weighRetention(input: WeighInput): Promise<Weighed>;
  /** Asks for the locks of what would go. */
  askLocks(input: LockInput): Promise<LockResult>;
  promoteBackups(input: PromotionInput): Promise<PromotionResult>;
  expireBackups(input: DeedInput): Promise<ExpiryResult>;
  recordRetention(input: { repository: ResolvedRepository; record: RetentionRecord }): Promise<void>;
  /** Puts one copy under a legal hold, or releases it. */
  holdCopy(input: HoldInRepository): Promise<HoldOutcome>;
};
