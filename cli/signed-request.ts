import { HoldfastError } from '../policy/errors.ts';
import type { Person } from '../policy/resolved.ts';
import {
  type RequestKind,
  requestNamespace,
  requestText,
  type SignedRequest,
} from '../workflows/contract-request.ts';
import type { Context } from './context.ts';
import { type Identity, keyFileOf, personNamed, signAsPerson } from './personal-signature.ts';

/** The option by which the second factor is given. */
export const signWithOption = [
  '--sign-with <keyfile>',
  'a hardware-backed SSH key, where the policy wants a second factor',
] as const;

/**
 * The signed request as part of a run's input, where one of these people must sign it; else nothing.
 *
 * @throws HoldfastError `bad-usage` without a name or a key, `bad-key` when it can't be signed
 */
export async function requestIfAsked(
  context: Context,
  { as, signWith }: Partial<Identity>,
  people: readonly Person[] | undefined,
  about: { kind: RequestKind; subject: string; workflowId: string },
): Promise<{ request?: SignedRequest }> {
  if (people === undefined) return {};
  if (as === undefined)
    throw new HoldfastError('bad-usage', `The policy wants a second factor for a ${about.kind}.`, {
      hint: 'Add --as NAME --sign-with KEYFILE, with a hardware-backed SSH key.',
    });
  const identity = signWith === undefined ? { as } : { as, signWith };
  return { request: await signedRequest(context, identity, { ...about, people }) };
}

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
