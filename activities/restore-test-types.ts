import type { ResolvedRepository } from '../policy/resolved.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type {
  HealInput,
  HealResult,
  ListTestsInput,
  ListTestsResult,
  MarkTestedInput,
  ShownReport,
  ShowTestInput,
  SignTestReportInput,
  SurveyedProofs,
  SurveyProofsInput,
  TestAttempt,
  TestCopyInput,
} from '../workflows/contract-restore-test.ts';

export type ListTestsIn = Omit<ListTestsInput, 'repositories'> & { repository: ResolvedRepository };

export type ReadTestReportIn = Omit<ShowTestInput, 'repositories'> & { repository: ResolvedRepository };

export type RestoreTestActivities = {
  /** What one repository lists of a plan's backups and of their restore tests. */
  surveyProofs(input: SurveyProofsInput): Promise<SurveyedProofs>;
  /** Restores one copy into scratch, and checks all that the policy asks for. */
  testCopy(input: TestCopyInput): Promise<TestAttempt>;
  /** Writes the report and signs it. */
  signTestReport(input: SignTestReportInput): Promise<Evidence>;
  /** Says beside a copy what its test came to. */
  markTested(input: MarkTestedInput): Promise<void>;
  /** What the markers in one repository tell of restore tests. */
  listTests(input: ListTestsIn): Promise<Pick<ListTestsResult, 'tests' | 'more'>>;
  /** The newest report in one repository that is sought, its signature checked; null where it has none. */
  readTestReport(input: ReadTestReportIn): Promise<ShownReport | null>;
  /** Repairs a copy that was found bad from a good one. */
  healCopy(input: HealInput): Promise<HealResult>;
};
