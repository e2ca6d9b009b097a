/** Reads what an SSH signature says of itself, by OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f. Pure; checks nothing. */

/** What a signature file of `ssh-keygen -Y sign` tells. */
export type SshSignature = {
  /** Type of the key: `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`. */
  keyType: string;
  /** The public key's bytes, as the second word of a .pub file has them in base64. */
  publicKey: Buffer;
  namespace: string;
  /** Type of the signature itself, which is the key's but for some RSA and browser-made ones. */
  signatureType: string;
  /** What the hardware says; null for a key that is not in hardware. */
  hardware: { userPresent: boolean; userVerified: boolean; counter: number } | null;
};

const armor = /^-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END SSH SIGNATURE-----\s*$/;
const magic = 'SSHSIG';
const userPresence = 0x01;
const userVerification = 0x04;

/** The parts of a signature; null when it is none. */
export function readSshSignature(text: string): SshSignature | null {
  const [, encoded] = armor.exec(text.trim()) ?? [];
  if (encoded === undefined) return null;
  const blob = Buffer.from(encoded, 'base64');
  if (blob.subarray(0, magic.length).toString('latin1') !== magic) return null;
  const reader = readerOf(blob.subarray(magic.length));
  const version = reader.number();
  const publicKey = reader.bytes();
  const namespace = reader.bytes();
  reader.bytes();
  reader.bytes();
  const signature = reader.bytes();
  if (version !== 1 || publicKey === null || namespace === null || signature === null || !reader.ended())
    return null;
  const keyType = readerOf(publicKey).bytes()?.toString('latin1');
  const inner = readerOf(signature);
  const signatureType = inner.bytes()?.toString('latin1');
  if (keyType === undefined || signatureType === undefined || inner.bytes() === null) return null;
  const parts = { keyType, publicKey, namespace: namespace.toString('utf8'), signatureType };
  if (!isHardwareType(keyType)) return { ...parts, hardware: null };
  const flags = inner.byte();
  const counter = inner.number();
  if (flags === null || counter === null || signatureType !== keyType || !inner.ended()) return null;
  return {
    ...parts,
    hardware: {
      userPresent: (flags & userPresence) !== 0,
      userVerified: (flags & userVerification) !== 0,
      counter,
    },
  };
}

/** Key types whose private half lives in a security key. */
export const isHardwareType = (type: string): boolean =>
  type === 'sk-ssh-ed25519@openssh.com' || type === 'sk-ecdsa-sha2-nistp256@openssh.com';

/** Takes a blob apart from its start; null once it is too short. */
function readerOf(blob: Buffer) {
  let at = 0;
  const take = (length: number): Buffer | null => {
    if (at + length > blob.length) return null;
    at += length;
    return blob.subarray(at - length, at);
  };
  const number = () => take(4)?.readUInt32BE(0) ?? null;
  return {
    number,
    byte: () => take(1)?.[0] ?? null,
    bytes: () => {
      const length = number();
      return length === null ? null : take(length);
    },
    ended: () => at === blob.length,
  };
}
