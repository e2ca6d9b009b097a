/** A person's signed request: the second factor of what people start. */

export type RequestKind = 'backup' | 'restore' | 'deletion';

/** A request as it travels with a workflow's input; its signature is over `requestText`. */
export type SignedRequest = {
  by: string;
  /** When it was signed; ISO 8601, UTC. */
  at: string;
  signature: string;
};

/** The purpose of a request's SSH signature. */
export const requestNamespace = 'holdfast-request';

/** Seconds for which a request counts, before and after the start that it asks for. */
export const requestLifetime = 900;

/**
 * What a request's signature is over. The workflow id is its nonce: a request starts one run and no other.
 *
 * @param subject the plan, or the backups, that it is about
 */
export function requestText(request: {
  kind: RequestKind;
  subject: string;
  by: string;
  at: string;
  workflowId: string;
}): string {
  return [
    'holdfast-request/1',
    `kind: ${request.kind}`,
    `subject: ${request.subject}`,
    `person: ${request.by}`,
    `at: ${request.at}`,
    `workflow: ${request.workflowId}`,
    '',
  ].join('\n');
}
