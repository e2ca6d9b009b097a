import type { FailoverInput, FailoverProgress } from '../contract-failover.ts';
import type { NotedFollowUp } from '../contract-follow-ups.ts';
import { reasonOf } from '../failures.ts';
import { activitiesIn, patient } from '../proxies.ts';

/** Hands what was noted to those who chase it; a sentence where that could not be done: the report has it in any case. */
export async function keepFollowUp(
  { runbook, people, alertZone, audit }: FailoverInput,
  { workflowId, runId, mode }: FailoverProgress,
  { notedBy, id, text, owner, due }: NotedFollowUp,
): Promise<string | null> {
  const limits = { within: 300, attempts: 5, patience: patient, urgent: true };
  try {
    await activitiesIn(runbook.zone, limits).tellFollowUps({
      zone: alertZone ?? runbook.zone,
      settings: {
        timezone: runbook.timezone,
        people: people.map(({ name, roles }) => ({ name, roles })),
        ...(alertZone === undefined ? {} : { alertZone }),
        ...(audit === undefined ? {} : { audit }),
      },
      addition: { by: notedBy, id, runbook: runbook.name, workflowId, runId, mode, text, owner, due },
    });
    return null;
  } catch (error) {
    return `The follow-up ${id} is in this report alone: ${reasonOf(error).sentence}`;
  }
}
