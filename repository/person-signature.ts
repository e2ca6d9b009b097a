import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Person } from '../policy/resolved.ts';
import { run } from '../process/index.ts';
import { readSshSignature, type SshSignature } from './ssh-signature.ts';

/** A person's signature that holds, and the fingerprint of the key that made it as `ssh-keygen -l` prints it. */
export type PersonSignature = { holds: true; fingerprint: string; signature: SshSignature };

export type PersonSignatureCheck = PersonSignature | { holds: false; sentence: string };

/**
 * Checks that a text was signed by one of a person's keys, for a purpose, with `ssh-keygen -Y verify`.
 *
 * A signature that does not hold is an answer and no error: people send them.
 */
export async function checkPersonSignature(
  text: string,
  signature: string,
  person: Person,
  namespace: string,
  work: { signal?: AbortSignal } = {},
): Promise<PersonSignatureCheck> {
  const parts = readSshSignature(signature);
  if (parts === null) return refused(`What ${person.name} sent is no SSH signature.`);
  const fingerprint = fingerprintOf(parts.publicKey);
  const own = person.sshKeys.some((key) => keyBytes(key)?.equals(parts.publicKey) === true);
  if (!own) return refused(`The key ${fingerprint} is not one of ${person.name}.`);
  if (parts.namespace !== namespace)
    return refused(
      `The signature of ${person.name} was made for ${parts.namespace}, and not for ${namespace}.`,
    );
  if (!(await verifies(text, signature, parts, namespace, work.signal)))
    return refused(
      `The signature of ${person.name} does not fit what was to be signed: it is for another run or another list, or it was damaged.`,
    );
  return { holds: true, fingerprint, signature: parts };
}

function refused(sentence: string): PersonSignatureCheck {
  return { holds: false, sentence };
}

/** The bytes of an OpenSSH public key; null when the text is none. */
export function keyBytes(publicKey: string): Buffer | null {
  const [, encoded] = publicKey.trim().split(/\s+/);
  return encoded === undefined ? null : Buffer.from(encoded, 'base64');
}

/** A public key's fingerprint, as `ssh-keygen -l` prints it. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

/** The fingerprint of an OpenSSH public key as text; empty when it is none. */
export function fingerprintOfKey(publicKey: string): string {
  const bytes = keyBytes(publicKey);
  return bytes === null ? '' : fingerprintOf(bytes);
}

async function verifies(
  text: string,
  signature: string,
  { keyType, publicKey }: SshSignature,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const place = await mkdtemp(join(tmpdir(), 's'));
  try {
    const [allowed, file] = [join(place, 'allowed'), join(place, 'signature')];
    await writeFile(allowed, `signer namespaces="${namespace}" ${keyType} ${publicKey.toString('base64')}\n`);
    await writeFile(file, signature);
    const { exitCode } = await run(
      {
        command: 'ssh-keygen',
        args: ['-Y', 'verify', '-f', allowed, '-I', 'signer', '-n', namespace, '-s', file],
        env: { SSH_ASKPASS_REQUIRE: 'never' },
      },
      { stdin: text, timeout: 30, okExitCodes: [0, 1, 255], ...(signal === undefined ? {} : { signal }) },
    );
    return exitCode === 0;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
