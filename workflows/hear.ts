import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

/**
 * From so many refusals on, messages are turned away unheard, a cancellation that counts excepted: a run's history is
 * not for others to fill.
 */
export const patience = 200;

/**
 * Hears a message as an Update and as a Signal. A malformed Update is rejected and leaves no trace in the history; a
 * Signal is there already, so that it is told instead.
 *
 * @param malformed what is wrong with the form of what anybody may have sent; null when it can be judged
 * @param isFull whether so much was refused that this message is not heard; null for a malformed one
 */
export function hear<Message, Answer>(
  name: string,
  follow: (message: Message) => Promise<Answer>,
  malformed: (sent: unknown) => string | null,
  refuse: (sentence: string) => Promise<unknown>,
  isFull: (sent: Message | null) => boolean,
): void {
  setHandler(defineUpdate<Answer, [Message]>(name), follow, {
    validator: (sent) => {
      const wrong = malformed(sent);
      const fault = isFull(wrong === null ? sent : null) ? 'Too many messages were refused by now.' : wrong;
      if (fault !== null) throw ApplicationFailure.nonRetryable(fault, 'bad-usage');
    },
  });
  setHandler(defineSignal<[Message]>(name), async (sent) => {
    const fault = malformed(sent);
    if (isFull(fault === null ? sent : null)) return;
    await (fault === null ? follow(sent) : refuse(fault));
  });
}

/**
 * A field of what a Signal of another workflow brings; null where it is no text. Anybody may send a Signal of that name with
 * anything in it, or nothing, and what throws in a handler would hold up the workflow for good.
 */
export function textIn(sent: unknown, field: string): string | null {
  if (typeof sent !== 'object' || sent === null) return null;
  const value: unknown = new Map(Object.entries(sent)).get(field);
  return typeof value === 'string' ? value : null;
}
