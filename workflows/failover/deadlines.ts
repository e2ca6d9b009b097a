import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../policy/units.ts';
import { tryAnnounce } from '../alerting.ts';
import type { StepProgress } from '../contract-failover.ts';
import { prefixOf } from './asking.ts';
import type { Run } from './run.ts';
import { isOver, stepIn } from './state.ts';

/** What is left of the time when people are reminded, beside the moment when it is over. */
const reminders = [1 / 2, 1 / 4, 1 / 12];

/** Reminds of messages that must be out by a time, whether or not their turn has come. */
export async function watchDeadlines(run: Run): Promise<void> {
  const due = run.desk.state().shown.steps.filter(({ dueAt }) => dueAt !== undefined);
  await Promise.all(due.map((step) => watch(run, step)));
}

async function watch(run: Run, { id, dueAt = '' }: StepProgress): Promise<void> {
  const { desk } = run;
  const declared = Date.parse(desk.state().shown.declaredAt);
  const end = Date.parse(dueAt);
  for (const share of [...reminders, 0]) {
    const at = end - (end - declared) * share;
    const isSent = () => {
      const step = stepIn(desk.state(), id);
      return step === undefined || isOver(step);
    };
    if (await condition(isSent, Math.max(1, at - Date.now()))) return;
    desk.beside(remind(run, id, Math.round((end - Date.now()) / 60_000) * 60));
  }
}

function remind({ desk, input }: Run, id: string, left: number): Promise<string | null> {
  const { shown } = desk.state();
  const step = stepIn(desk.state(), id);
  const role = step?.role ?? shown.commanders;
  const late = left <= 0;
  const sentence = late
    ? `${id} was due now, and is not sent.`
    : `${id} must be out in ${formatDuration(left)}, and is not sent yet.`;
  desk.note(id, sentence);
  return tryAnnounce(input.alertZone, {
    severity: input.mode === 'real' ? (late ? 'critical' : 'warning') : 'info',
    subject: `${shown.workflowId}/${id}`,
    roles: [...new Set([role, shown.commanders])],
    sentence: `${prefixOf(input.mode)}${sentence} Look with \`holdfast failover status ${shown.workflowId}\`.`,
  });
}
