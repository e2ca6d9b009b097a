import { z } from 'zod';
import { named, strict } from './common.ts';
import { secretByZone } from './secret.ts';

const recipient = z
  .string()
  .min(1, { error: 'this is empty; write the path of an armored public key' })
  .describe('An armored OpenPGP public key: a file (relative to the policy) or the block itself.');

const gpg = strict({
  gpg: strict({
    recipients: z
      .array(recipient)
      .min(1, { error: 'nobody could read the backups; name at least one public key' })
      .describe('Public keys that backups are encrypted to; each of their owners can restore.'),
    opens: secretByZone
      .optional()
      .describe('Zones in which backups may be decrypted, and where their workers find the private key.'),
  }).describe('OpenPGP public keys: workers encrypt without being able to read.'),
});

const passphrase = strict({
  passphrase: secretByZone.describe(
    'The passphrase by zone: where backups are made and where they are restored.',
  ),
});

/** How backups are encrypted. */
export const keys = named(
  z
    .union([gpg, passphrase], {
      error:
        'a key is either public-key or symmetric; write { gpg: { recipients: [key.asc] } } or { passphrase: { ZONE: { file: /path } } }',
    })
    .describe('How backups are encrypted: OpenPGP public keys, or a passphrase.'),
).describe('Encryption keys, by name.');
