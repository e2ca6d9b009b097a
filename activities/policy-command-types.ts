/** What became of a command of the policy's. Types only. */
export type CommandOutcome = {
  outcome: 'done' | 'failed';
  seconds: number;
  /** Why it failed. */
  sentence: string | null;
};
