/** A place for text: a standard stream, or a test's buffer. */
export type TextSink = {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
};

/** Everything that a command touches of its process, so that tests can run commands in theirs. */
export type Io = {
  stdout: TextSink;
  stderr: TextSink;
  env: Record<string, string | undefined>;
  /** Asks a question on the terminal; null where there is none. */
  ask: ((question: string) => Promise<string>) | null;
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal;
};

/** 0 done, 1 failed, 2 wrong usage or policy, 3 a check found a fault. */
export type ExitCode = 0 | 1 | 2 | 3;

export const exit = { done: 0, failed: 1, usage: 2, fault: 3 } as const;
