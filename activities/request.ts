import { Context } from '@temporalio/activity';
import { checkPersonSignature } from '../repository/person-signature.ts';
import { requestLifetime, requestNamespace, requestText } from '../workflows/contract-request.ts';
import type { CheckRequestInput } from './deletion-types.ts';
import type { Work } from './work.ts';

/**
 * Why a signed request does not count; null when it does: fresh, by a person of the policy, for this run alone, with a
 * key in hardware that was touched for it.
 */
export async function checkRequest(work: Work, input: CheckRequestInput): Promise<string | null> {
  const { request, people, kind, subject, workflowId, startedAt } = input;
  const person = people.find(({ name }) => name === request.by);
  if (person === undefined)
    return `The request is signed in the name of ${request.by}, who may not sign it: ${people.map(({ name }) => name).join(', ') || 'nobody'} may.`;
  const stale = staleness(request.at, startedAt);
  if (stale !== null) return stale;
  const text = requestText({ kind, subject, by: request.by, at: request.at, workflowId });
  const check = await checkPersonSignature(text, request.signature, person, requestNamespace, work);
  if (!check.holds) return check.sentence;
  const { hardware, keyType } = check.signature;
  if (hardware === null)
    return `The request is signed with a key of type ${keyType}, which can be copied. Sign it with a hardware-backed key (sk-ssh-ed25519 or sk-ecdsa).`;
  if (!hardware.userPresent)
    return `Nobody touched the security key for the signature of ${request.by}: make a key that wants a touch, without no-touch-required.`;
  return (await wasUsedBefore(input)) ? 'The request has started another run before: sign a new one.' : null;
}

/** Why the time of a request does not fit its run; null when it does. */
export function staleness(at: string, startedAt: string): string | null {
  const signed = Date.parse(at);
  const age = (Date.parse(startedAt) - signed) / 1000;
  if (Number.isNaN(signed) || new Date(signed).toISOString() !== at)
    return 'The request does not say when it was signed: write an instant such as 2026-11-21T01:00:00.000Z.';
  if (Math.abs(age) <= requestLifetime) return null;
  const when = age > 0 ? 'before' : 'after';
  return `The request was signed at ${at}, more than ${requestLifetime / 60} minutes ${when} its run was started: sign a new one, and check the clocks.`;
}

/** A workflow id can be used again once its run has ended; a request can't. */
async function wasUsedBefore({ workflowId, runId }: CheckRequestInput): Promise<boolean> {
  const { client } = Context.current();
  const query = `WorkflowId = '${workflowId.replaceAll("'", "''")}'`;
  for await (const run of client.workflow.list({ query })) if (run.runId !== runId) return true;
  return false;
}
