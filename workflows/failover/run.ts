import type { Happening } from '../audit.ts';
import type { FailoverInput } from '../contract-failover.ts';
import type { RunState } from './state.ts';

/** Where a run meets people and its own records: what it shows, hears and tells. */
export type Desk = {
  state(): RunState;
  /** Shows what becomes of the state. */
  change(next: (state: RunState) => RunState): void;
  /** One more line of the timeline. */
  note(step: string | null, sentence: string): void;
  /** Records what happened, beside what goes on; a log that can't be written is an exception and stops nothing. */
  tell(happening: Omit<Happening, 'subject'> & { step?: string }): void;
  /** Waits until everything that is done beside the run is over. */
  settled(): Promise<void>;
  /** Does something beside the run that ends before it; a sentence that it gives is an exception. */
  beside(deed: Promise<string | null>): void;
};

/** What a run is about, from its start to its end. */
export type Run = { input: FailoverInput; desk: Desk };

export const now = (): string => new Date(Date.now()).toISOString();
