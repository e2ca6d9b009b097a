import type { Person } from '../policy/resolved.ts';
import {
  type RequestKind,
  requestNamespace,
  requestText,
  type SignedRequest,
} from '../workflows/contract-request.ts';
import type { Context } from './context.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from './personal-signature.ts';

/**
 * Signs the request for a run, where the policy wants a second factor. The hardware asks for a touch.
 *
 * @throws HoldfastError `bad-usage` without a name or a key, `bad-key` when it can't be signed
 */
export async function signedRequest(
  context: Context,
  identity: Identity,
  about: { kind: RequestKind; subject: string; workflowId: string; people: readonly Person[] },
): Promise<SignedRequest> {
  const { kind, subject, workflowId, people } = about;
  const person = personNamed(people, identity.as);
  const keyFile = keyFileOf(identity, `The request for this ${kind}`);
  const at = new Date().toISOString();
  const text = requestText({ kind, subject, by: person.name, at, workflowId });
  context.remark(`Signing as ${person.name}: touch your security key when it blinks.`);
  return {
    by: person.name,
    at,
    signature: await signAsPerson(context, text, requestNamespace, { person, keyFile }),
  };
}
