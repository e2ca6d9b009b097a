/** Keys as this machine has them: whether each is the right one, and what tells it from another. */
import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { HoldfastError } from '../../policy/errors.ts';
import { lookUp } from '../../policy/lookup.ts';
import type { ResolvedKey, ResolvedPolicy, SecretRef } from '../../policy/resolved.ts';
import { openGpgHome } from '../../repository/gpg-home.ts';
import { parseKeys } from '../../repository/gpg-keys.ts';
import { prepareDecryption, sign } from '../../repository/index.ts';
import { fingerprintOf, fingerprintOfKey } from '../../repository/person-signature.ts';
import { readSshSignature } from '../../repository/ssh-signature.ts';
import { type KeyFiles, keyOption, signingKeyOption } from './brought.ts';
import { type Environment, faultOf } from './secrets.ts';

/** Whether the key of a plan is here, and the right one. */
export type KeyHere = {
  name: string;
  here: boolean;
  /** That it is here, else what is wrong and what to do. */
  sentence: string;
};

/** What looking at keys needs. */
export type KeyWork = {
  /** Private; what is made in it is removed. */
  directory: string;
  env: Environment;
  secret(ref: SecretRef): Promise<string>;
};

export type KeyFinder = (key: ResolvedKey, zone: string) => Promise<KeyHere>;

/** Tells of each key, once for a zone, whether it is here and the right one, by a keyring that is thrown away. */
export function keyFinder(work: KeyWork): KeyFinder {
  const known = new Map<string, Promise<KeyHere>>();
  return (key, zone) => {
    const id = `${zone}/${key.name}`;
    const found = known.get(id) ?? findKey(key, zone, work);
    known.set(id, found);
    return found;
  };
}

async function findKey(key: ResolvedKey, zone: string, { env, ...work }: KeyWork): Promise<KeyHere> {
  const { name } = key;
  const missing = (why: string): KeyHere => ({
    ...{ name, here: false },
    sentence: `The key ${name} is ${why}; bring it with --key ${name}=FILE.`,
  });
  const ref = lookUp(key.kind === 'gpg' ? key.opens : key.passphrase, zone);
  if (ref === undefined) return missing(`not opened in zone ${zone}`);
  const fault = await faultOf(ref, env);
  if (fault !== null) return missing(fault);
  try {
    const decryption = await prepareDecryption(key, { zone, ...work });
    await decryption.close();
    return { name, here: true, sentence: `The key ${name} is here.` };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { name, here: false, sentence: error.sentence };
  }
}

/**
 * Why no report of a run here would be signed, or be believed, and so none is worth keeping; null when it would.
 *
 * @param leading the zone that signs, if it has a key
 */
export async function whyUnsigned(
  { signingKeys, signers }: Pick<ResolvedPolicy, 'signingKeys' | 'signers'>,
  leading: string,
  { env, directory, secret }: KeyWork,
): Promise<string | null> {
  const bring = 'Bring one with --signing-key FILE: an unsigned report is not kept.';
  const ref = lookUp(signingKeys, leading) ?? Object.values(signingKeys)[0];
  const fault = ref === undefined ? 'not here' : await faultOf(ref, env);
  if (ref === undefined || fault !== null) return `The key that signs the report is ${fault}. ${bring}`;
  try {
    const print = await signingPrint(await secret(ref), directory);
    if (signers.some(({ publicKey }) => fingerprintOfKey(publicKey) === print)) return null;
    const known = signers.map(({ name }) => name).join(', ');
    return `The key that signs the report, ${print}, is of no signer of the policy: nobody would believe it. Bring one of ${known} with --signing-key FILE.`;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return `${error.sentence} ${bring}`;
  }
}

/** The fingerprint of a signing key, by what it signs. @throws HoldfastError `bad-key` when it can't sign */
async function signingPrint(privateKey: string, directory: string): Promise<string> {
  const namespace = 'holdfast-recover-look';
  const signature = readSshSignature(
    await sign(Buffer.from(namespace), privateKey, { directory, namespace }),
  );
  return signature === null ? '' : fingerprintOf(signature.publicKey);
}

/** What tells the keys that a person brought from others, without giving anything of them away. */
export type KeyPrints = {
  /** Of those of passphrases, so that they can't be looked up. */
  salt: string;
  /** By options; of a file that can't be read, or holds no key, there is none. */
  of: Record<string, string>;
};

/** @param salt of the prints that these are to be compared with; absent: a new one */
export async function printsOf(
  { keyFiles, signingKeyFile }: KeyFiles,
  { plans }: Pick<ResolvedPolicy, 'plans'>,
  { directory, secret }: KeyWork,
  salt: string = randomBytes(16).toString('hex'),
): Promise<KeyPrints> {
  const passphrases = new Set(
    Object.values(plans).flatMap(({ key }) => (key.kind === 'passphrase' ? [key.name] : [])),
  );
  const of: Record<string, string> = {};
  const add = async (option: string, file: string, print: (text: string) => Promise<string>) => {
    try {
      of[option] = await print(await secret({ file }));
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code === 'interrupted') throw error;
    }
  };
  for (const [name, file] of Object.entries(keyFiles))
    await add(keyOption(name), file, (text) =>
      passphrases.has(name) ? passphrasePrint(text, salt) : gpgPrint(text, directory),
    );
  if (signingKeyFile !== null)
    await add(signingKeyOption, signingKeyFile, (text) => signingPrint(text, directory));
  return { salt, of };
}

/** Fingerprints of the OpenPGP keys of a text, none of which is taken into a keyring. @throws HoldfastError where none is */
async function gpgPrint(text: string, directory: string): Promise<string> {
  const home = await openGpgHome(directory);
  try {
    const { stdout } = await home.gpg(['--no-autostart', '--with-colons', '--show-keys'], { stdin: text });
    return parseKeys(stdout)
      .map(({ fingerprint }) => fingerprint)
      .sort()
      .join(' ');
  } finally {
    await home.close();
  }
}

const slowly = promisify<string, string, number, { N: number }, Buffer>(scrypt);

/** As slow as a guess at a passphrase is to be. */
async function passphrasePrint(text: string, salt: string): Promise<string> {
  return (await slowly(text, salt, 32, { N: 2 ** 14 })).toString('hex');
}
