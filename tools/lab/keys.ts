import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../process/index.ts';

export type KeyFiles = { publicFile: string; privateFile: string };

/** Makes an SSH key pair for signing, as a person would with ssh-keygen. */
export async function makeSigningKey(directory: string, name: string): Promise<KeyFiles> {
  const privateFile = join(directory, name);
  await run({
    command: 'ssh-keygen',
    args: ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', privateFile],
  });
  return { publicFile: `${privateFile}.pub`, privateFile };
}

/**
 * Makes an OpenPGP key pair in a keyring of its own, and exports both halves.
 *
 * @param expires as gpg takes it: `0` never, `30d`, or a day `2020-01-01`
 */
export async function makeEncryptionKey(directory: string, name: string, expires = '0'): Promise<KeyFiles> {
  const home = await mkdtemp(join(tmpdir(), 'hf-lab-'));
  const gpg = (...args: string[]) =>
    run({
      command: 'gpg',
      args: ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      env: { GNUPGHOME: home },
    });
  try {
    await gpg('--quick-generate-key', `${name} <${name}@example.org>`, 'future-default', 'default', expires);
    const publicFile = join(directory, `${name}.pub.asc`);
    const privateFile = join(directory, `${name}.key.asc`);
    await writeFile(publicFile, (await gpg('--armor', '--export')).stdout);
    await writeFile(privateFile, (await gpg('--armor', '--export-secret-keys')).stdout, { mode: 0o600 });
    return { publicFile, privateFile };
  } finally {
    await run({ command: 'gpgconf', args: ['--kill', 'all'], env: { GNUPGHOME: home } });
    await rm(home, { recursive: true, force: true });
  }
}
