import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../process/index.ts';

export type TestKey = { fingerprint: string; publicKey: string; privateKey: string };

/** What a key is made like; `expires` as gpg takes it (`30d`, `never`), times faked as `20200101T000000`. */
export type TestKeyOptions = {
  madeAt?: string;
  expires?: string;
  /** Expiry of the encryption subkey; null makes none. */
  subkey?: string | null;
  passphrase?: string;
  revoked?: boolean;
};

/** Runs work in a private directory with a short path, and removes it. */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-test-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Makes an OpenPGP key in a keyring of its own. */
export function makeGpgKey(owner: string, options: TestKeyOptions = {}): Promise<TestKey> {
  return inDirectory(async (home) => {
    const passphrase = options.passphrase ?? '';
    const clock = options.madeAt === undefined ? [] : ['--faked-system-time', options.madeAt];
    const gpg = async (args: string[], stdin?: string) => {
      const all = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', passphrase, ...args];
      const spec = { command: 'gpg', args: all, env: { GNUPGHOME: home } };
      return (await run(spec, stdin === undefined ? {} : { stdin })).stdout;
    };
    // Without this the agent measures for seconds how slow a passphrase can be made.
    await writeFile(join(home, 'gpg-agent.conf'), 's2k-count 65536\n');
    try {
      await gpg([...clock, '--quick-generate-key', owner, 'ed25519', 'sign', options.expires ?? 'never']);
      const listing = await gpg(['--with-colons', '--list-keys']);
      const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? '';
      if (options.subkey !== null)
        await gpg([...clock, '--quick-add-key', fingerprint, 'cv25519', 'encr', options.subkey ?? 'never']);
      if (options.revoked) {
        const certificate = await readFile(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
        await gpg(['--import'], certificate.replace(':-----BEGIN', '-----BEGIN'));
      }
      return {
        fingerprint,
        publicKey: await gpg(['--armor', '--export', fingerprint]),
        privateKey: await gpg(['--armor', '--export-secret-keys', fingerprint]),
      };
    } finally {
      await run({ command: 'gpgconf', args: ['--kill', 'all'], env: { GNUPGHOME: home } });
    }
  });
}

/** Makes an SSH key pair, as a worker signs with. */
export function makeSshKey(
  type = 'ed25519',
  passphrase = '',
): Promise<{ publicKey: string; privateKey: string }> {
  return inDirectory(async (directory) => {
    const path = join(directory, 'key');
    await run({ command: 'ssh-keygen', args: ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', path] });
    return {
      publicKey: (await readFile(`${path}.pub`, 'utf8')).trim(),
      privateKey: await readFile(path, 'utf8'),
    };
  });
}
