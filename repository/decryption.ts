import { HoldfastError } from '../policy/errors.ts';
import type { GpgKey, ResolvedKey } from '../policy/resolved.ts';
import { type CommandSpec, placeOf, run } from '../process/index.ts';
import { unzstdStage } from './compression.ts';
import { type KeyWork, passphraseFrom, writePassphrase } from './encryption.ts';
import { type GpgHome, openGpgHome } from './gpg-home.ts';
import { parseKeys } from './gpg-keys.ts';
import type { ManifestFile } from './manifest.ts';

export type Decryption = {
  /** Decrypts stdin to stdout. What it gives counts only once it has exited with status 0. */
  stage: CommandSpec;
  /** Ends gpg's agent and removes the keyring with the private key in it. Never throws. */
  close(): Promise<void>;
};

/** Whether a zone may open a key (law 6): whether the policy names a place for its secret there. */
export function opensIn(key: ResolvedKey, zone: string): boolean {
  return Object.hasOwn(key.kind === 'gpg' ? key.opens : key.passphrase, zone);
}

/**
 * Gets ready to decrypt with a key, in a zone that may open it.
 *
 * @throws HoldfastError `bad-key` when this zone may not open the key, or what is found is not its private key, or is
 *   itself protected by a passphrase; `tool-missing` without gpg
 */
export async function prepareDecryption(key: ResolvedKey, work: KeyWork): Promise<Decryption> {
  const home = await openGpgHome(work.directory);
  try {
    if (key.kind === 'passphrase') {
      const file = await writePassphrase(key, home, work);
      return { stage: home.command(...passphraseFrom(file), '--decrypt'), close: home.close };
    }
    await importPrivateKey(key, home, work);
    return { stage: home.command('--pinentry-mode', 'error', '--decrypt'), close: home.close };
  } catch (error) {
    await home.close();
    throw error;
  }
}

async function importPrivateKey(key: GpgKey, home: GpgHome, work: KeyWork): Promise<void> {
  const ref = key.opens[work.zone];
  if (ref === undefined) {
    const zones = Object.keys(key.opens);
    throw new HoldfastError('bad-key', `Key ${key.name} can't be opened in zone ${work.zone}.`, {
      hint: zones.length === 0 ? 'The policy opens it nowhere.' : `It opens in: ${zones.join(', ')}.`,
    });
  }
  const options = work.signal === undefined ? {} : { signal: work.signal };
  const where = placeOf(ref);
  const refuse = (what: string, todo: string) =>
    new HoldfastError('bad-key', `The private key of ${key.name} in ${where} ${what}.`, { hint: todo });
  const secret = await work.secret(ref);
  const imported = await home
    .gpg(['--status-fd', '1', '--import'], { ...options, stdin: secret })
    .catch((error: unknown) => {
      // gpg's own words could repeat what was found there.
      if (error instanceof HoldfastError && error.code !== 'process-failed') throw error;
      throw refuse('is not an OpenPGP private key', 'Export it with `gpg --armor --export-secret-keys`.');
    });
  if (!imported.stdout.includes('[GNUPG:] IMPORT_OK'))
    throw refuse('is not an OpenPGP private key', 'Export it with `gpg --armor --export-secret-keys`.');
  const held = parseKeys((await home.gpg(['--with-colons', '--list-secret-keys'], options)).stdout);
  if (held.length === 0)
    throw refuse('is only a public key', 'Export the private one with `gpg --armor --export-secret-keys`.');
  if (
    !(await belongsTo(
      key,
      held.map((part) => part.fingerprint),
      work,
    ))
  )
    throw refuse('is of another key', 'Put there the private key of one of the recipients in the policy.');
  if (await isProtected(home))
    throw refuse(
      'is protected by a passphrase, and nobody is there to type it',
      'Export it again from a keyring where `gpg --edit-key … passwd` has removed the passphrase.',
    );
}

/** Whether one of the held keys is one of the policy's recipients. */
async function belongsTo(key: GpgKey, held: string[], work: KeyWork): Promise<boolean> {
  const home = await openGpgHome(work.directory);
  try {
    for (const armored of key.recipients) await home.gpg(['--no-autostart', '--import'], { stdin: armored });
    const listing = await home.gpg(['--no-autostart', '--with-colons', '--list-keys']);
    return parseKeys(listing.stdout).some(({ fingerprint }) => held.includes(fingerprint));
  } finally {
    await home.close();
  }
}

/** Whether the agent holds every key only behind a passphrase: `P` in the sixth field of its answer. */
async function isProtected(home: GpgHome): Promise<boolean> {
  const answer = await run(
    { command: 'gpg-connect-agent', args: ['KEYINFO --list', '/bye'], env: { GNUPGHOME: home.path } },
    { timeout: 30 },
  );
  const kinds = answer.stdout
    .split('\n')
    .filter((line) => line.startsWith('S KEYINFO '))
    .map((line) => line.split(' ')[7]);
  return kinds.length > 0 && kinds.every((kind) => kind === 'P');
}

/**
 * The commands that turn the stored bytes of a file back into what the source's tool wrote.
 *
 * @param decryption needed when the file is encrypted
 */
export function undoStages(file: ManifestFile, decryption: Decryption | null): CommandSpec[] {
  const undo: CommandSpec[] = [];
  for (const stage of file.stages.toReversed()) {
    if (stage === 'zstd') undo.push(unzstdStage);
    else if (stage === 'gpg' || stage === 'gpg-symmetric') {
      if (decryption === null)
        throw new HoldfastError('bad-key', `${file.name} is encrypted, and its key is not at hand here.`, {
          hint: 'Restore in a zone that the policy lets open the key.',
        });
      undo.push(decryption.stage);
    }
  }
  return undo;
}
