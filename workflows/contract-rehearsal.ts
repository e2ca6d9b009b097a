/** A rehearsal: what its owner wrote beforehand, and what they say of it afterwards. */
import type { ScheduleSettings } from '../policy/resolved.ts';
import type { DrillKind, Surprise } from '../policy/resolved-failover.ts';

export type DrillSettings = {
  /** The policy's name of it; absent for one on demand. */
  name?: string;
  kind?: DrillKind;
  owner: string;
  expect: string[];
  inject: Injection[];
  /** Of one that a Schedule starts. */
  schedule?: ScheduleSettings;
  /** Seconds after which it stops itself; absent: it waits for people. */
  deadline?: number;
  /** Seconds that its owner has after it to say what came out of what was expected; absent: nobody is asked. */
  verdict?: number;
};

/** What was expected of a rehearsal, and what its owner says of it. */
export type Expectation = {
  text: string;
  /** Null while nobody has said. */
  came: 'yes' | 'no' | null;
  by: string | null;
  at: string | null;
  remark: string | null;
};

/** A surprise that the drill's owner chose. */
export type Injection = Surprise;
