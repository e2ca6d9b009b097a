/** What retention, its clients and its activities say to each other. */
import type { ResolvedPlan } from '../policy/resolved.ts';

export type RetentionInput = {
  plan: ResolvedPlan;
  /** `preview` touches nothing. */
  mode: 'preview' | 'run';
  /** The hash of the decision that somebody saw and agreed to; another one is not carried out. */
  expect?: string;
};
