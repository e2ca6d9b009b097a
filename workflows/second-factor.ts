import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import type { Person } from '../policy/resolved.ts';
import type { Trail } from './audit.ts';
import type { RequestKind, SignedRequest } from './contract-request.ts';
import { failWith } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** Whether a Schedule started this run, and no person. */
export const isScheduled = (): boolean =>
  workflowInfo().typedSearchAttributes.get(scheduledStart) !== undefined;

/**
 * Lets a run go on only with a fresh request that one of these people signed for it with a hardware-backed key. A
 * refusal is recorded.
 *
 * @throws ApplicationFailure `authentication-failed` when the request is missing or does not count
 */
export async function requireSecondFactor(
  trail: Trail,
  question: {
    zone: string;
    kind: RequestKind;
    subject: string;
    people: Person[];
    request: SignedRequest | undefined;
  },
): Promise<void> {
  const { zone, request, kind, subject, people } = question;
  const { workflowId, runId, startTime } = workflowInfo();
  const refusal =
    request === undefined
      ? `The policy wants a second factor for a ${kind}: sign the request with a hardware-backed key, by --as NAME --sign-with KEYFILE.`
      : await activitiesIn(zone, { within: 600, attempts: 5, patience: patient }).checkRequest({
          kind,
          subject,
          request,
          people,
          workflowId,
          runId,
          startedAt: startTime.toISOString(),
        });
  if (refusal === null) return;
  await trail.tryRecord({
    action: 'request.refused',
    subject,
    outcome: 'refused',
    person: request?.by,
    reason: refusal,
    facts: { kind },
  });
  throw failWith({ code: 'authentication-failed', sentence: refusal });
}
