import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../../policy/errors.ts';
import { fingerprintOfKey } from '../../repository/person-signature.ts';
import { isBelow } from './below.ts';

const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}$/;
const publicKey = /(?:^|\s)((?:ssh|ecdsa|sk)-\S+ AAAA[A-Za-z0-9+/]+={0,2})(?=\s|$)/;

const hint =
  'Add --trust with the public key of a zone that signs, a file of such keys, or a fingerprint (SHA256:…), as `holdfast apply` printed it for the safe.';

/**
 * Fingerprints of the keys that a person trusts, by files of public keys or as they are.
 *
 * @param repository the directory that the policy is read from, where it is one: it vouches for nothing of itself
 * @throws HoldfastError `bad-usage` when none is given, or one can't be read
 */
export async function trustedKeys(given: readonly string[], repository: string | null): Promise<Set<string>> {
  if (given.length === 0)
    throw new HoldfastError(
      'bad-usage',
      'Whose signature to trust must come from you, and never from the repository.',
      { hint },
    );
  const trusted = new Set<string>();
  for (const each of given) for (const key of await fingerprintsIn(each.trim(), repository)) trusted.add(key);
  return trusted;
}

async function fingerprintsIn(text: string, repository: string | null): Promise<string[]> {
  if (fingerprint.test(text)) return [text];
  if (/^SHA256:/.test(text))
    throw new HoldfastError('bad-usage', `${text} is no fingerprint: 43 letters come after SHA256:.`, {
      hint,
    });
  if (repository !== null && (await isBelow(text, repository)))
    throw new HoldfastError('bad-usage', `${text} lies in the repository, which can not vouch for itself.`, {
      hint,
    });
  const content = await readFile(text, 'utf8').catch((cause: unknown) => {
    throw new HoldfastError('bad-usage', `The file of trusted keys ${text} can't be read.`, { hint, cause });
  });
  if (/PRIVATE KEY/.test(content))
    throw new HoldfastError('bad-usage', `${text} is a private key.`, {
      hint: 'Name the public one, beside it: it ends in .pub.',
    });
  const lines = content.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  const keys = lines.flatMap((line) => publicKey.exec(line)?.[1] ?? []);
  if (keys.length === 0)
    throw new HoldfastError('bad-usage', `${text} has no SSH public key in it.`, { hint });
  return keys.map(fingerprintOfKey);
}
