import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { run } from '../process/index.ts';

/** What signatures of manifests are made for; one for another purpose never counts. */
export const signatureNamespace = 'holdfast-manifest';

/** What the signatures of the audit log's heads are made for. */
export const auditNamespace = 'holdfast-audit';

/** What the signatures of reports are made for. */
export const evidenceNamespace = 'holdfast-evidence';

/** ssh-keygen asks nobody: its terminal is not ours, and this keeps it from opening a window. */
const quiet = { SSH_ASKPASS_REQUIRE: 'never' };

/** What a signature is for; absent: a manifest. */
type Purpose = { namespace?: string };

/**
 * Signs bytes as `ssh-keygen -Y sign` does.
 *
 * @param privateKey the text of an OpenSSH private key without a passphrase; it is on disk (0600) only while signing
 * @param work its directory is private to us
 * @throws HoldfastError `bad-key` when it is no such key, `tool-missing` without ssh-keygen
 */
export async function sign(
  bytes: Uint8Array,
  privateKey: string,
  work: { directory: string; signal?: AbortSignal } & Purpose,
): Promise<string> {
  const namespace = work.namespace ?? signatureNamespace;
  return inPrivate(work.directory, async (place) => {
    const keyFile = join(place, 'key');
    await writeFile(keyFile, `${privateKey.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
    try {
      const spec = {
        command: 'ssh-keygen',
        args: ['-Y', 'sign', '-n', namespace, '-f', keyFile],
        env: quiet,
      };
      const { stdout } = await run(spec, { stdin: bytes, timeout: 30, ...signalOf(work) });
      return stdout;
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'process-failed') throw error;
      throw badSigningKey(error.message);
    }
  });
}

/** Says what is wrong with a signing key without repeating what ssh-keygen printed: that names our files. */
function badSigningKey(said: string): HoldfastError {
  if (/passphrase/i.test(said))
    return new HoldfastError('bad-key', 'The signing key is protected by a passphrase.', {
      hint: "A worker can't type one: make a key without, with `ssh-keygen -t ed25519 -N ''`.",
    });
  return new HoldfastError('bad-key', 'The signing key is not an OpenSSH private key.', {
    hint: "Make one with `ssh-keygen -t ed25519 -N ''`, and put its public half under `signers` in the policy.",
  });
}

/**
 * Checks a signature over bytes against the policy's signers; the name of the signer.
 *
 * @throws HoldfastError `untrusted-signature`: the bytes were changed after signing, the signer is a stranger, or it
 *   is no signature for this purpose
 */
export async function verifySignature(
  bytes: Uint8Array,
  signature: string | Uint8Array,
  signers: readonly Signer[],
  work: { signal?: AbortSignal } & Purpose = {},
): Promise<string> {
  const namespace = work.namespace ?? signatureNamespace;
  return inPrivate(tmpdir(), async (place) => {
    const signatureFile = join(place, 'signature');
    const allowedFile = join(place, 'allowed');
    await writeFile(signatureFile, signature);
    await writeFile(allowedFile, allowedSigners(signers, namespace));
    const keygen = async (action: string, ...args: string[]) => {
      const spec = { command: 'ssh-keygen', args: ['-Y', action, ...args, '-s', signatureFile], env: quiet };
      const options = { stdin: bytes, timeout: 30, okExitCodes: [0, 1, 255], ...signalOf(work) };
      const result = await run(spec, options);
      return result.exitCode === 0 ? result.stdout : null;
    };
    const intact = await keygen('check-novalidate', '-n', namespace);
    if (intact === null)
      throw refused('The signature does not fit: the bytes were changed after signing, or it was damaged.');
    const principal = (await keygen('find-principals', '-f', allowedFile))?.split('\n')[0]?.trim();
    if (!principal) {
      const fingerprint = /SHA256:\S+/.exec(intact)?.[0] ?? 'unknown';
      throw refused(
        `The signature is good, but of a stranger: key ${fingerprint} is no signer of the policy.`,
      );
    }
    const trusted = await keygen('verify', '-f', allowedFile, '-I', principal, '-n', namespace);
    if (trusted === null) throw refused(`The signature in the name of ${principal} does not hold.`);
    return principal;
  });
}

function refused(message: string): HoldfastError {
  return new HoldfastError('untrusted-signature', message, {
    hint: 'Do not restore from this copy before you know who changed it; use another one.',
  });
}

/** The policy's signers in the form of ssh-keygen's ALLOWED SIGNERS. */
export function allowedSigners(signers: readonly Signer[], namespace = signatureNamespace): string {
  return signers
    .map(({ name, publicKey }) => {
      const [type, key] = publicKey.trim().split(/\s+/);
      return `${name} namespaces="${namespace}" ${type} ${key}\n`;
    })
    .join('');
}

function signalOf({ signal }: { signal?: AbortSignal }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function inPrivate<T>(parent: string, work: (place: string) => Promise<T>): Promise<T> {
  const place = await mkdtemp(join(parent, 's'));
  try {
    return await work(place);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
