import { HoldfastError } from '../policy/errors.ts';
import type { GpgKey, PassphraseKey, ResolvedKey, SecretRef } from '../policy/resolved.ts';
import { type CommandSpec, placeOf } from '../process/index.ts';
import { type GpgHome, openGpgHome } from './gpg-home.ts';
import { dayOf, parseKeys, type Recipient, recipientOf } from './gpg-keys.ts';

/** What the use of a key needs: where we are, a private directory, and how to read a secret. */
export type KeyWork = {
  zone: string;
  /** Private (0700); what is made in it is removed by `close`. */
  directory: string;
  secret(ref: SecretRef): Promise<string>;
  signal?: AbortSignal;
};

export type Encryption = {
  /** Its name in a manifest. */
  name: 'gpg' | 'gpg-symmetric';
  /** Encrypts stdin to stdout. */
  stage: CommandSpec;
  /** Sentences for people: a key that will soon expire. */
  warnings: string[];
  /** Unix seconds of the first recipient's end; null when none ends. */
  expires: number | null;
  /** Removes the keyring. Never throws. */
  close(): Promise<void>;
};

const warnDays = 30;
const cipher = ['--cipher-algo', 'AES256', '--compress-algo', 'none'];
const hint = 'Put a valid public key in the policy and apply it; until then no backup can be encrypted.';

/**
 * Gets ready to encrypt with a key. With an OpenPGP key no private key is needed or read (law 6).
 *
 * @throws HoldfastError `bad-key` when a recipient is no public key, expired, revoked or can't encrypt, or when the
 *   passphrase can't be used; `tool-missing` without gpg
 */
export async function prepareEncryption(
  key: ResolvedKey,
  work: KeyWork,
  now: Date = new Date(),
): Promise<Encryption> {
  const home = await openGpgHome(work.directory);
  try {
    return key.kind === 'gpg'
      ? await toRecipients(key, home, now, work.signal)
      : await toPassphrase(key, home, work);
  } catch (error) {
    await home.close();
    throw error;
  }
}

async function toRecipients(
  key: GpgKey,
  home: GpgHome,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<Encryption> {
  const recipients = await importRecipients(key, home, now, signal);
  const to = recipients.flatMap(({ fingerprint }) => ['--recipient', `${fingerprint}!`]);
  return {
    name: 'gpg',
    stage: home.command('--no-autostart', ...cipher, '--trust-model', 'always', ...to, '--encrypt'),
    warnings: expiryWarnings(key.name, recipients, now),
    expires: firstEnd(recipients),
    close: home.close,
  };
}

async function importRecipients(
  key: GpgKey,
  home: GpgHome,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<Recipient[]> {
  const options = signal === undefined ? {} : { signal };
  for (const [index, armored] of key.recipients.entries()) {
    const which = `Recipient ${index + 1} of key ${key.name}`;
    if (armored.includes('PRIVATE KEY'))
      throw new HoldfastError('bad-key', `${which} is a private key.`, {
        hint: 'Export the public one with `gpg --armor --export`, and keep the private one away from here.',
      });
    await home.gpg(['--no-autostart', '--import'], { ...options, stdin: armored }).catch((error: unknown) => {
      if (!(error instanceof HoldfastError) || error.code !== 'process-failed') throw error;
      throw new HoldfastError('bad-key', `${which} is not an OpenPGP public key.`, { hint });
    });
  }
  const listing = await home.gpg(['--no-autostart', '--with-colons', '--list-keys'], options);
  const keys = parseKeys(listing.stdout);
  if (keys.length === 0) throw new HoldfastError('bad-key', `Key ${key.name} has no recipient.`, { hint });
  return keys.map((found) => {
    const recipient = recipientOf(found, now.getTime() / 1000);
    if (!('why' in recipient)) return recipient;
    const who = `Key ${key.name} can't be used: ${found.owner} (${found.fingerprint.slice(-16)})`;
    throw new HoldfastError('bad-key', `${who} ${recipient.why}.`, { hint });
  });
}

function expiryWarnings(name: string, recipients: Recipient[], now: Date): string[] {
  const horizon = now.getTime() / 1000 + warnDays * 86_400;
  return recipients
    .filter(({ expires }) => expires !== null && expires <= horizon)
    .map(
      ({ owner, expires }) =>
        `Key ${name} of ${owner} expires on ${dayOf(expires)}; backups stop then. Extend it, or put a new one in the policy.`,
    );
}

function firstEnd(recipients: Recipient[]): number | null {
  const ends = recipients.flatMap(({ expires }) => (expires === null ? [] : [expires]));
  return ends.length === 0 ? null : Math.min(...ends);
}

async function toPassphrase(key: PassphraseKey, home: GpgHome, work: KeyWork): Promise<Encryption> {
  const file = await writePassphrase(key, home, work);
  const stretching = ['--s2k-mode', '3', '--s2k-digest-algo', 'SHA512', '--s2k-count', '65011712'];
  return {
    name: 'gpg-symmetric',
    stage: home.command(...cipher, ...stretching, ...passphraseFrom(file), '--symmetric'),
    warnings: [],
    expires: null,
    close: home.close,
  };
}

/** gpg's options that take the passphrase from a file and never ask for one. */
export function passphraseFrom(file: string): string[] {
  return ['--no-autostart', '--pinentry-mode', 'loopback', '--passphrase-file', file];
}

/**
 * Writes the passphrase of a key where only gpg's keyring is; the file's path.
 *
 * @throws HoldfastError `bad-key` when this zone has none, or when it has more than one line
 */
export async function writePassphrase(key: PassphraseKey, home: GpgHome, work: KeyWork): Promise<string> {
  const ref = key.passphrase[work.zone];
  if (ref === undefined)
    throw new HoldfastError('bad-key', `Key ${key.name} has no passphrase in zone ${work.zone}.`, {
      hint: `Name where it is found under keys.${key.name}.passphrase.${work.zone} in the policy.`,
    });
  const passphrase = await work.secret(ref);
  if (/[\r\n\0]/.test(passphrase))
    throw new HoldfastError('bad-key', `The passphrase in ${placeOf(ref)} has more than one line.`, {
      hint: 'gpg reads only the first: use a passphrase of one line.',
    });
  return home.write('passphrase', passphrase);
}
