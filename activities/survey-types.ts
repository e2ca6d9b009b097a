import type { RepositorySurvey, SurveyCopiesInput } from '../workflows/contract-survey.ts';

export type SurveyActivities = {
  /** What repositories list of plans' backups; one that can't be read is unreadable, never empty. */
  surveyCopies(input: SurveyCopiesInput): Promise<RepositorySurvey[]>;
};
