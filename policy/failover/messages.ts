import { lookUp } from '../lookup.ts';
import { placeholdersIn } from '../placeholders.ts';
import { type DataPath, type Fault, faultAt } from '../problem.ts';
import { noteFact } from '../resolved-communication.ts';
import type { Policy } from '../schema.ts';
import { allNeedsOf } from './order.ts';
import { placedSteps, type WrittenRunbook, type WrittenStep } from './written.ts';

/** Steps that send what only a person can complete, and recovery that would wait for a message. Pure. */
export function misplacedMessages(
  name: string,
  runbook: WrittenRunbook,
  communication: Policy['communication'],
): Fault[] {
  const steps = placedSteps(name, runbook);
  const byId = new Map(steps.map(({ step }) => [step.id, step]));
  const speaks = (id: string) => byId.get(id)?.do === 'communicate';
  return steps.flatMap(({ step, at }) => {
    if (step.do === 'communicate') return incomplete(step, at, communication);
    if (step.phase === 'return' || step.do === 'postgres.standby') return [];
    return step.needs.flatMap((need, index) => {
      const before = byId.get(need);
      const behind = speaks(need) || (isLater(before) && [...allNeedsOf(before, byId)].some(speaks));
      if (!behind) return [];
      return [
        faultAt(
          [...at, 'needs', index],
          'this step would wait until a message is approved and sent, and recovery waits for no message',
          'let it need what the message needs; only messages and steps of phase return come after one',
        ),
      ];
    });
  });
}

/** What may come after a message, and so stand between it and another step. */
const isLater = (step: WrittenStep | undefined): step is WrittenStep =>
  step !== undefined && (step.phase === 'return' || step.do === 'postgres.standby');

function incomplete(
  { message }: Extract<WrittenStep, { do: 'communicate' }>,
  at: DataPath,
  communication: Policy['communication'],
): Fault[] {
  const found = communication === undefined ? undefined : lookUp(communication.messages, message);
  if (found === undefined) return [];
  const asks = [found.subject, found.text].flatMap(placeholdersIn).includes(noteFact);
  if (!asks) return [];
  return [
    faultAt(
      [...at, 'message'],
      `this message has the fact ${noteFact}, which a person gives, and no step can`,
      'send it with `holdfast failover communicate`, or take the fact out of its text',
    ),
  ];
}

/** The role that approves a step that sends a message. */
export function approverOf(
  step: Extract<WrittenStep, { do: 'communicate' }>,
  communication: Policy['communication'],
): string {
  const message = lookUp(communication?.messages ?? {}, step.message);
  return step.role ?? message?.role ?? communication?.role ?? '';
}
