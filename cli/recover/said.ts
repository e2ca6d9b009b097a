import { HoldfastError } from '../../policy/errors.ts';
import type { Context } from '../context.ts';

/** What is asked where an option does not say it. */
export type Question = {
  question: string;
  /** The option, for where nobody can be asked, and why it is needed. */
  option: string;
  without: string;
};

/**
 * What an option says, else what somebody at the terminal answers: one that does not do is told, and asked again.
 *
 * @param read throws a HoldfastError for what does not do
 * @throws HoldfastError `bad-usage` where nobody can be asked, and what `read` throws of an option
 */
export async function said<T>(
  { io, json, progress, remark }: Context,
  given: string | undefined,
  { question, option, without }: Question,
  read: (text: string) => T | Promise<T>,
): Promise<T> {
  if (given !== undefined) return read(given);
  if (io.ask === null || json) throw new HoldfastError('bad-usage', without, { hint: `Add ${option}.` });
  progress.clear();
  for (;;) {
    const answer = (await io.ask(`${question} `)).trim();
    try {
      if (answer !== '') return await read(answer);
      remark(without);
    } catch (error) {
      if (!(error instanceof HoldfastError) || io.signal.aborted) throw error;
      remark(error.sentence);
    }
  }
}
