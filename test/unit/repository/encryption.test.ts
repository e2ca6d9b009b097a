import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { GpgKey, PassphraseKey } from '../../../policy/resolved.ts';
import { type CommandSpec, startPipeline } from '../../../process/index.ts';
import { rawBytesOf, zstdStage } from '../../../repository/compression.ts';
import { prepareDecryption, undoStages } from '../../../repository/decryption.ts';
import { type KeyWork, prepareEncryption } from '../../../repository/encryption.ts';
import { inDirectory, makeGpgKey, type TestKey } from '../../support/keys.ts';

let databases: TestKey;
let second: TestKey;
beforeAll(async () => {
  [databases, second] = await Promise.all([
    makeGpgKey('Databases: <db@example.org>'),
    makeGpgKey('Second <second@example.org>'),
  ]);
});

const gpgKey = (recipients: string[]): GpgKey => ({
  kind: 'gpg',
  name: 'databases',
  recipients,
  opens: { ams: { file: '/run/secrets/databases.asc' } },
});
const passphraseKey: PassphraseKey = {
  kind: 'passphrase',
  name: 'spoken',
  passphrase: { fra: { env: 'SPOKEN' }, ams: { env: 'SPOKEN' } },
};
const work = (directory: string, zone: string, secret = ''): KeyWork => ({
  zone,
  directory,
  secret: async () => secret,
});

async function through(specs: CommandSpec[], input: Uint8Array) {
  const { stdin, stdout, done } = startPipeline(specs, { feed: true });
  stdin?.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of stdout) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), stages: await done };
}

/** Agents that serve a keyring below a directory. */
function agentsIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes('gpg-agent') && line.includes(directory));
}

const file = (stages: ('pg_dump-custom' | 'zstd' | 'gpg' | 'gpg-symmetric')[]) => ({
  name: 'data-1a2b3c.dump.zst.gpg',
  role: 'data' as const,
  stages,
  rawBytes: null,
  bytes: 1,
  sha256: '0'.repeat(64),
});

describe('encryption to public keys', () => {
  it('makes what any recipient can open, and leaves no keyring and no agent', () =>
    inDirectory(async (directory) => {
      const key = gpgKey([databases.publicKey, second.publicKey]);
      const plain = randomBytes(3_000_000);
      const encryption = await prepareEncryption(key, work(directory, 'fra'));
      expect(encryption).toMatchObject({ name: 'gpg', warnings: [] });
      const { bytes, stages } = await through([zstdStage, encryption.stage], plain);
      await encryption.close();
      expect(rawBytesOf(stages)).toBe(plain.length);
      for (const { privateKey } of [databases, second]) {
        const decryption = await prepareDecryption(key, work(directory, 'ams', privateKey));
        const undo = undoStages(file(['pg_dump-custom', 'zstd', 'gpg']), decryption);
        expect((await through(undo, bytes)).bytes.equals(plain)).toBe(true);
        await decryption.close();
      }
      expect(readdirSync(directory)).toEqual([]);
      expect(agentsIn(directory)).toEqual([]);
    }));

  it('works below a directory whose path is too long for a socket', () =>
    inDirectory(async (short) => {
      const directory = join(short, 'x'.repeat(120));
      mkdirSync(directory, { mode: 0o700 });
      const key = gpgKey([databases.publicKey]);
      const encryption = await prepareEncryption(key, work(directory, 'fra'));
      const { bytes } = await through([encryption.stage], Buffer.from('hello'));
      await encryption.close();
      const decryption = await prepareDecryption(key, work(directory, 'ams', databases.privateKey));
      expect((await through([decryption.stage], bytes)).bytes.toString()).toBe('hello');
      await decryption.close();
    }));

  it('fails on a ciphertext that was cut short, whatever flowed before', () =>
    inDirectory(async (directory) => {
      const key = gpgKey([databases.publicKey]);
      const encryption = await prepareEncryption(key, work(directory, 'fra'));
      const { bytes } = await through([encryption.stage], randomBytes(500_000));
      await encryption.close();
      const decryption = await prepareDecryption(key, work(directory, 'ams', databases.privateKey));
      await expect(
        through(undoStages(file(['gpg']), decryption), bytes.subarray(0, 400_000)),
      ).rejects.toMatchObject({ code: 'process-failed' });
      await decryption.close();
    }));

  it('warns thirty days before a key ends', async () => {
    const soon = await makeGpgKey('Soon <soon@example.org>', { expires: '60d', subkey: '20d' });
    await inDirectory(async (directory) => {
      const encryption = await prepareEncryption(gpgKey([soon.publicKey]), work(directory, 'fra'));
      await encryption.close();
      expect(encryption.warnings).toEqual([
        expect.stringMatching(/^Key databases of Soon <soon@example.org> expires on \d{4}-\d\d-\d\d;/),
      ]);
    });
  });
});

describe('a key that encrypts nothing', () => {
  const made = { madeAt: '20200101T000000' };
  it.each([
    [
      'is expired',
      { ...made, expires: '1y' },
      /can't be used: Old <old@example.org> \([0-9A-F]{16}\) expired on 2020-12-31\.$/,
    ],
    [
      'has an expired subkey',
      { ...made, subkey: '1y' },
      /no subkey for encryption since its last one expired on 2020-12-31\.$/,
    ],
    ['has no subkey for encryption', { subkey: null }, /has no subkey for encryption\.$/],
    ['was revoked', { revoked: true }, /was revoked by its owner\.$/],
  ])('%s', async (_, options, message) => {
    const old = await makeGpgKey('Old <old@example.org>', options);
    await inDirectory(async (directory) => {
      const key = gpgKey([databases.publicKey, old.publicKey]);
      const attempt = prepareEncryption(key, work(directory, 'fra'));
      await expect(attempt).rejects.toMatchObject({
        code: 'bad-key',
        message: expect.stringMatching(message),
      });
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  it.each([
    ['is garbage', ['garbage'], 'Recipient 1 of key databases is not an OpenPGP public key.'],
    ['is missing', [], 'Key databases has no recipient.'],
  ])('%s', (_, recipients, message) =>
    inDirectory(async (directory) => {
      const attempt = prepareEncryption(gpgKey(recipients), work(directory, 'fra'));
      await expect(attempt).rejects.toMatchObject({ code: 'bad-key', message });
      expect(readdirSync(directory)).toEqual([]);
    }),
  );

  it('is a private one', () =>
    inDirectory(async (directory) => {
      const attempt = prepareEncryption(gpgKey([databases.privateKey]), work(directory, 'fra'));
      await expect(attempt).rejects.toThrow('Recipient 1 of key databases is a private key.');
    }));
});

describe('a private key', () => {
  it.each([
    ['of another key', () => second.privateKey, 'is of another key.'],
    ['that is public', () => databases.publicKey, 'is only a public key.'],
    ['that is garbage', () => 'hunter2-garbage', 'is not an OpenPGP private key.'],
  ])('%s opens nothing', (_, secret, message) =>
    inDirectory(async (directory) => {
      const attempt = prepareDecryption(gpgKey([databases.publicKey]), work(directory, 'ams', secret()));
      const error = await attempt.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'bad-key', message: expect.stringContaining(message) });
      expect(String(error)).not.toContain('hunter2');
      expect(readdirSync(directory)).toEqual([]);
      expect(agentsIn(directory)).toEqual([]);
    }),
  );

  it('behind a passphrase gets a sentence and no question', async () => {
    const locked = await makeGpgKey('Locked <locked@example.org>', { passphrase: 'secret' });
    await inDirectory(async (directory) => {
      const attempt = prepareDecryption(
        gpgKey([locked.publicKey]),
        work(directory, 'ams', locked.privateKey),
      );
      await expect(attempt).rejects.toThrow('is protected by a passphrase');
      expect(agentsIn(directory)).toEqual([]);
    });
  });

  it('opens only in the zones that the policy names', () =>
    inDirectory(async (directory) => {
      const attempt = prepareDecryption(gpgKey([databases.publicKey]), work(directory, 'fra'));
      await expect(attempt).rejects.toMatchObject({
        code: 'bad-key',
        sentence: "Key databases can't be opened in zone fra. It opens in: ams.",
      });
    }));
});

describe('encryption by a passphrase', () => {
  it('opens with the same passphrase only, spaces and letters of any language kept', () =>
    inDirectory(async (directory) => {
      const secret = '  ein Paßwort\twith spaces ';
      const encryption = await prepareEncryption(passphraseKey, work(directory, 'fra', secret));
      const { bytes } = await through([zstdStage, encryption.stage], Buffer.from('hello'));
      await encryption.close();
      const right = await prepareDecryption(passphraseKey, work(directory, 'ams', secret));
      const undo = undoStages(file(['zstd', 'gpg-symmetric']), right);
      expect((await through(undo, bytes)).bytes.toString()).toBe('hello');
      await right.close();
      const wrong = await prepareDecryption(passphraseKey, work(directory, 'ams', secret.trim()));
      await expect(through([wrong.stage], bytes)).rejects.toMatchObject({ code: 'process-failed' });
      await wrong.close();
      expect(readdirSync(directory)).toEqual([]);
      expect(agentsIn(directory)).toEqual([]);
    }));

  it('refuses a passphrase of two lines, and a zone without one', () =>
    inDirectory(async (directory) => {
      await expect(prepareEncryption(passphraseKey, work(directory, 'fra', 'a\nb'))).rejects.toThrow(
        'The passphrase in environment variable SPOKEN has more than one line.',
      );
      await expect(prepareEncryption(passphraseKey, work(directory, 'nyc', 'a'))).rejects.toThrow(
        'Key spoken has no passphrase in zone nyc.',
      );
    }));
});

describe('the sizes that zstd tells', () => {
  it.each([
    ['1.5', '/*stdin*\\ :  0.00%   (3000000000 B =>  94074 B, /*stdout*\\) ', 3_000_000_000],
    ['1.4', '/*stdin*\\ : 14.50%   (    50 =>     63 bytes, /*stdout*\\) ', 50],
    ['another', '/*stdin*\\ :  0.00%   (  4.77 MiB =>    175 B, /*stdout*\\) ', null],
  ])('are read as version %s words them', (_, stderr, bytes) => {
    expect(
      rawBytesOf([
        { command: 'pg_dump', stderr: '' },
        { command: 'zstd', stderr },
      ]),
    ).toBe(bytes);
  });
});
