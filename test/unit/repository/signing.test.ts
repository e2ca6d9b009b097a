import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Signer } from '../../../policy/resolved.ts';
import { run } from '../../../process/index.ts';
import { allowedSigners, sign, signatureNamespace, verifySignature } from '../../../repository/signing.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';

type Pair = { publicKey: string; privateKey: string };
let worker: Pair;
let stranger: Pair;
beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
});

const bytes = Buffer.from('{"format":"holdfast-manifest/1"}\n');
const signers = (): Signer[] => [
  {
    name: 'ams',
    publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  },
  { name: 'fra', publicKey: `${worker.publicKey} worker@fra "with comment"` },
];

describe('a signature', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'])('by an %s key names its signer', async (type) => {
    const pair = await makeSshKey(type);
    await inDirectory(async (directory) => {
      const signature = await sign(bytes, pair.privateKey.trimEnd(), { directory });
      const name = await verifySignature(bytes, signature, [{ name: 'fra', publicKey: pair.publicKey }]);
      expect(name).toBe('fra');
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  it('is found among several signers', () =>
    inDirectory(async (directory) => {
      const signature = await sign(bytes, worker.privateKey, { directory });
      expect(await verifySignature(bytes, signature, signers())).toBe('fra');
    }));

  it('does not hold for other bytes', () =>
    inDirectory(async (directory) => {
      const signature = await sign(bytes, worker.privateKey, { directory });
      await expect(verifySignature(Buffer.from('{}\n'), signature, signers())).rejects.toMatchObject({
        code: 'untrusted-signature',
        message: expect.stringContaining('changed after signing'),
      });
    }));

  it('of a stranger is told from a change, with the key to look for', () =>
    inDirectory(async (directory) => {
      const signature = await sign(bytes, stranger.privateKey, { directory });
      await expect(verifySignature(bytes, signature, signers())).rejects.toMatchObject({
        code: 'untrusted-signature',
        message: expect.stringMatching(/of a stranger: key SHA256:\S+ is no signer/),
      });
      await expect(verifySignature(bytes, signature, [])).rejects.toThrow('of a stranger');
    }));

  it('that was made for another purpose does not count', () =>
    inDirectory(async (directory) => {
      const keyFile = `${directory}/key`;
      await run({ command: 'ssh-keygen', args: ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile] });
      const { stdout } = await run(
        { command: 'ssh-keygen', args: ['-Y', 'sign', '-n', 'file', '-f', keyFile] },
        { stdin: bytes },
      );
      const { stdout: publicKey } = await run({ command: 'cat', args: [`${keyFile}.pub`] });
      await expect(verifySignature(bytes, stdout, [{ name: 'fra', publicKey }])).rejects.toMatchObject({
        code: 'untrusted-signature',
      });
    }));

  it.each(['', 'nonsense', '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n'])(
    'that is none ("%s") is refused',
    async (text) => {
      await expect(verifySignature(bytes, text, signers())).rejects.toMatchObject({
        code: 'untrusted-signature',
      });
    },
  );

  it('can be checked with the public tools and the policy alone', () => {
    const [, line] = allowedSigners(signers()).trimEnd().split('\n');
    expect(line).toBe(`fra namespaces="${signatureNamespace}" ${worker.publicKey}`);
  });
});

describe('a signing key', () => {
  it('behind a passphrase gets a sentence and no question', async () => {
    const locked = await makeSshKey('ed25519', 'secret passphrase');
    await inDirectory(async (directory) => {
      await expect(sign(bytes, locked.privateKey, { directory })).rejects.toMatchObject({
        code: 'bad-key',
        message: 'The signing key is protected by a passphrase.',
      });
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  it('that is none gets a sentence without what was found there', () =>
    inDirectory(async (directory) => {
      const error = await sign(bytes, 'hunter2', { directory }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'bad-key',
        message: 'The signing key is not an OpenSSH private key.',
      });
      expect(String(error)).not.toContain('hunter2');
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('works from a file with Windows line ends', () =>
    inDirectory(async (directory) => {
      const signature = await sign(bytes, worker.privateKey.replaceAll('\n', '\r\n'), { directory });
      expect(await verifySignature(bytes, signature, signers())).toBe('fra');
    }));
});
