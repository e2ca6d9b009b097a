/** What became of a command of the policy's. Types only. */
export type CommandOutcome = {
  outcome: 'done' | 'failed';
  seconds: number;
  /** Why it failed. */
  sentence: string | null;
};

/** The same, with the end of what it printed, without its secrets; at most 4 kB. Null when it printed nothing. */
export type CommandRun = CommandOutcome & { output: string | null };
