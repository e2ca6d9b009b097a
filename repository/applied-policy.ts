import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ErrorCode, HoldfastError } from '../policy/errors.ts';
import type { PublicKeys } from '../policy/key-files.ts';
import { canonicalJson } from './canonical.ts';
import { jsonOf } from './marker.ts';
import { stampOf } from './markers.ts';
import { fingerprintOf } from './person-signature.ts';
import { sign, verifySignature } from './signing.ts';
import { readSshSignature } from './ssh-signature.ts';
import type { Store } from './store.ts';

/** What signatures of applied policies are made for. */
export const policyNamespace = 'holdfast-policy';

const folder = '_policy/applied/';
const namePattern = /^(\d{8}T\d{6}Z-[0-9a-f]{8})\.json$/;

const worthless: ReadonlySet<ErrorCode> = new Set(['untrusted-signature', 'corrupt-copy', 'not-found']);

const keysByOwner = z.record(z.string(), z.array(z.string()));

const appliedSchema = z.strictObject({
  format: z.literal('holdfast-policy/1'),
  organization: z.string(),
  /** When it was applied. */
  at: z.iso.datetime(),
  /** SHA-256 of the text, in hex, as manifests name it. */
  hash: z.string(),
  text: z.string(),
  /** What the text names by paths that are nowhere else after a disaster. */
  publicKeys: z.strictObject({
    signers: z.record(z.string(), z.string()),
    people: keysByOwner,
    recipients: keysByOwner,
  }),
});

/** A policy as it was applied once: all that a recovery has to know, and no secret. */
export type AppliedPolicy = z.infer<typeof appliedSchema>;

/** What is signed. `publicKeys` are the policy's own. */
export type Applied = Omit<AppliedPolicy, 'format' | 'publicKeys'> & { publicKeys: PublicKeys };

/** Its name below `_policy/applied/`: `20261121T010000Z-1a2b3c4d`, so that the last one applied is the last in a listing. */
export const appliedName = ({ at, hash }: Pick<Applied, 'at' | 'hash'>): string =>
  `${stampOf(at)}-${hash.slice(0, 8)}`;

/**
 * Signs an applied policy; the signature, and the fingerprint of the key that made it.
 *
 * @param privateKey the text of an OpenSSH private key
 * @throws HoldfastError `bad-key` when it can't sign
 */
export async function signApplied(
  applied: Applied,
  privateKey: string,
  work: { directory: string; signal?: AbortSignal },
): Promise<{ signature: string; signedBy: string }> {
  const signature = await sign(bytesOf(applied), privateKey, { ...work, namespace: policyNamespace });
  return { signature, signedBy: signerOf(signature) ?? '' };
}

/**
 * Lays a signed policy down as the one that was applied last: its signature, and then what was signed, create-only. When
 * the last one says the same and the same key has signed it, it is left at that.
 */
export async function putApplied(
  store: Store,
  applied: Applied,
  signature: string,
  signal?: AbortSignal,
): Promise<'created' | 'exists'> {
  const [last] = await listApplied(store, signal);
  if (last !== undefined && (await saysTheSame(store, last, applied, signature, signal))) return 'exists';
  const key = `${folder}${appliedName(applied)}.json`;
  await store.putIfAbsent(`${key}.sig`, Buffer.from(signature), signal);
  return store.putIfAbsent(key, bytesOf(applied), signal);
}

/** Names of the policies that were applied, the last one first. */
export async function listApplied(store: Store, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const key of store.listKeys(folder, signal)) {
    const [, name] = namePattern.exec(key.slice(folder.length)) ?? [];
    if (name !== undefined) names.push(name);
  }
  return names.sort().reverse();
}

/**
 * Reads an applied policy that somebody trusted has signed; with the fingerprint of the key.
 *
 * @param trusted fingerprints as `ssh-keygen -l` prints them; they come from a person, and never from the repository
 * @throws HoldfastError `not-found`; `untrusted-signature` when it is unsigned, changed, or signed by a stranger;
 *   `corrupt-copy` when it can't be understood, and what the store throws
 */
export async function readApplied(
  store: Store,
  name: string,
  trusted: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<{ applied: AppliedPolicy; signedBy: string; signature: string }> {
  const key = `${folder}${name}.json`;
  const [bytes, signed] = await Promise.all([store.get(key, signal), store.get(`${key}.sig`, signal)]);
  const refuse = (what: string, hint: string) =>
    new HoldfastError('untrusted-signature', `Repository ${store.name}: the policy ${name} ${what}.`, {
      hint,
    });
  if (bytes === null)
    throw new HoldfastError('not-found', `Repository ${store.name} has no applied policy ${name}.`);
  if (signed === null)
    throw refuse('is not signed', 'Take it from another copy, and find out who removed the signature.');
  const signature = Buffer.from(signed).toString('utf8');
  const parts = readSshSignature(signature);
  const signedBy = signerOf(signature);
  if (parts === null || signedBy === null)
    throw refuse('has a signature that can not be read', 'Take it from another copy.');
  if (!trusted.has(signedBy))
    throw refuse(
      `is signed by the key ${signedBy}, which is not among those that you trust`,
      'Compare it with what you keep in a safe, and with the keys of the zones that sign. If it is none of them, trust nothing in this repository.',
    );
  const signer = { name: 'trusted', publicKey: `${parts.keyType} ${parts.publicKey.toString('base64')}` };
  const work = { namespace: policyNamespace, ...(signal === undefined ? {} : { signal }) };
  await verifySignature(bytes, signature, [signer], work);
  const applied = appliedOf(bytes);
  if (applied === null || appliedName(applied) !== name)
    throw new HoldfastError(
      'corrupt-copy',
      `Repository ${store.name}: ${key} is no policy that this version understands.`,
      { hint: 'A newer Holdfast may have written it: install that version.' },
    );
  return { applied, signedBy, signature };
}

/** What an earlier apply laid down, if it is worth as much as what is there to be laid down now. */
async function saysTheSame(
  store: Store,
  name: string,
  applied: Applied,
  signature: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const signer = signerOf(signature);
  if (signer === null || !name.endsWith(applied.hash.slice(0, 8))) return false;
  try {
    const last = await readApplied(store, name, new Set([signer]), signal);
    return Buffer.from(bytesOf(last.applied)).equals(bytesOf({ ...applied, at: last.applied.at }));
  } catch (error) {
    // Nothing that is wrong with the last one keeps a good one from being laid down.
    if (error instanceof HoldfastError && worthless.has(error.code)) return false;
    throw error;
  }
}

/** The policy in bytes whose signature was checked; null when it is none, or its hash is not of its text. */
function appliedOf(bytes: Uint8Array): AppliedPolicy | null {
  const read = appliedSchema.safeParse(jsonOf(bytes));
  if (!read.success) return null;
  const hash = createHash('sha256').update(read.data.text).digest('hex');
  return hash === read.data.hash ? read.data : null;
}

function bytesOf({ organization, at, hash, text, publicKeys }: Applied): Uint8Array {
  return canonicalJson({ format: 'holdfast-policy/1', organization, at, hash, text, publicKeys });
}

/** The fingerprint of the key that a signature says it is by; null when it is no signature. */
function signerOf(signature: string): string | null {
  const parts = readSshSignature(signature);
  return parts === null ? null : fingerprintOf(parts.publicKey);
}
