import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { Signer } from '../../policy/resolved.ts';
import { auditNamespace, verifySignature } from '../signing.ts';

/** Checks a signature over bytes; the signer's name. */
export type SignatureCheck = (bytes: Uint8Array, signature: string) => Promise<string>;

const verifyBytes = promisify(verify);
const ed25519 = 'ssh-ed25519';
const armor = /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/;

/** OpenSSH's PROTOCOL.sshsig: a length of four bytes, then the bytes. */
function string(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const scopeOf = (namespace: string): Buffer =>
  Buffer.concat([string(namespace), string(''), string('sha512')]);

/**
 * Checks signatures of audit heads, or of reports, for the purpose and against the signers that `ssh-keygen -Y verify` is
 * given elsewhere. A log has as many heads as it has writes, and three processes for each would take hours: what is exactly
 * an ed25519 signature by a signer is checked here, and all else is left to ssh-keygen, which also says what is wrong.
 */
export function signatureCheck(
  signers: readonly Signer[],
  signal?: AbortSignal,
  namespace = auditNamespace,
): SignatureCheck {
  const scope = scopeOf(namespace);
  const known = signers.flatMap((signer) => knownSigner(signer, scope));
  return async (bytes, signature) => {
    const blob = Buffer.from(armor.exec(signature)?.[1] ?? '', 'base64');
    const signer = known.find(({ start }) => blob.length === start.length + 64 && blob.indexOf(start) === 0);
    if (
      signer !== undefined &&
      (await verifyBytes(null, signed(bytes, scope), signer.key, blob.subarray(-64)))
    )
      return signer.name;
    return verifySignature(bytes, signature, signers, {
      namespace,
      ...(signal === undefined ? {} : { signal }),
    });
  };
}

/** What is really signed: the purpose and the hash of the bytes. */
function signed(bytes: Uint8Array, scope: Buffer): Buffer {
  return Buffer.concat([Buffer.from('SSHSIG'), scope, string(createHash('sha512').update(bytes).digest())]);
}

/** An ed25519 signer with how every signature of it begins; nothing for another kind of key. */
function knownSigner(
  { name, publicKey }: Signer,
  scope: Buffer,
): { name: string; key: KeyObject; start: Buffer }[] {
  const [type, encoded = ''] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(encoded, 'base64');
  const head = string(ed25519);
  if (type !== ed25519 || blob.length !== head.length + 36 || blob.indexOf(head) !== 0) return [];
  const x = blob.subarray(-32).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const version = Buffer.from([0, 0, 0, 1]);
  const inner = Buffer.concat([string(ed25519), Buffer.from([0, 0, 0, 64])]);
  const innerLength = Buffer.from([0, 0, 0, inner.length + 64]);
  const start = Buffer.concat([Buffer.from('SSHSIG'), version, string(blob), scope, innerLength, inner]);
  return [{ name, key, start }];
}
