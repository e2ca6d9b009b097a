import { HoldfastError } from '../policy/errors.ts';
import type { ResolvedKey, SecretRef, Signer } from '../policy/resolved.ts';
import { prepareEncryption, sign, verifySignature } from '../repository/index.ts';
import type { KeyFact } from '../workflows/contract-checks.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

/** What is wrong with a key itself, rather than with our way to it. */
const faultsOfTheKey = new Set(['bad-key', 'untrusted-signature', 'not-found', 'access-denied']);

/** Whether backups can be encrypted with a key here, and until when. */
export async function encryptionFact(work: Work, key: ResolvedKey): Promise<KeyFact> {
  return fact(work, key.name, async () => {
    const { expires, close } = await prepareEncryption(key, work);
    await close();
    return expires;
  });
}

/** Whether this zone's key signs, and as somebody whose signature counts. */
export async function signingFact(work: Work, ref: SecretRef, signers: readonly Signer[]): Promise<KeyFact> {
  return fact(work, `signing key of ${work.zone}`, async () => {
    const word = Buffer.from('holdfast health');
    await verifySignature(word, await sign(word, await work.secret(ref), work), signers, work);
    return null;
  });
}

async function fact(work: Work, key: string, body: () => Promise<number | null>): Promise<KeyFact> {
  try {
    const expires = await body();
    const until = expires === null ? null : new Date(expires * 1000).toISOString();
    return { key, state: 'usable', expires: until, sentence: '' };
  } catch (error) {
    if (work.signal.aborted) throw error;
    const own = error instanceof HoldfastError && faultsOfTheKey.has(error.code);
    const { sentence } = reasonOf(error);
    return own
      ? { key, state: 'unusable', expires: null, sentence }
      : {
          key,
          state: 'unknown',
          expires: null,
          sentence: `Whether ${key} can be used is not known: ${sentence}`,
        };
  }
}
