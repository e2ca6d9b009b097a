import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { GpgKey } from '../../policy/resolved.ts';
import { type CommandSpec, startPipeline } from '../../process/index.ts';
import { type KeyWork, opensIn, prepareDecryption, prepareEncryption } from '../../repository/index.ts';
import { inDirectory, makeGpgKey, type TestKey } from '../support/keys.ts';

let databases: TestKey;
let configuration: TestKey;
beforeAll(async () => {
  [databases, configuration] = await Promise.all([
    makeGpgKey('Databases <db@example.org>'),
    makeGpgKey('Configuration <config@example.org>'),
  ]);
});

const keyOfDatabases = (): GpgKey => ({
  kind: 'gpg',
  name: 'databases',
  recipients: [databases.publicKey],
  opens: { ams: { file: '/run/secrets/databases.asc' } },
});

async function through(stage: CommandSpec, input: Uint8Array): Promise<Buffer> {
  const { stdin, stdout, done } = startPipeline([stage], { feed: true });
  stdin?.end(input);
  const chunks: Buffer[] = [];
  for await (const chunk of stdout) chunks.push(chunk);
  await done;
  return Buffer.concat(chunks);
}

/** What they read who have the private key of databases, in the zone that may open it. */
async function openedByItsKey(stored: Uint8Array, directory: string): Promise<string> {
  const work = { zone: 'ams', directory, secret: async () => databases.privateKey };
  const decryption = await prepareDecryption(keyOfDatabases(), work);
  try {
    return (await through(decryption.stage, stored)).toString();
  } finally {
    await decryption.close();
  }
}

describe('law 6: keys apart', () => {
  it('backs up with public keys alone: no secret is read, and the worker cannot open what it made', () =>
    inDirectory(async (directory) => {
      const asked: unknown[] = [];
      const work: KeyWork = {
        zone: 'fra',
        directory,
        secret: async (ref) => {
          asked.push(ref);
          return databases.privateKey;
        },
      };
      const encryption = await prepareEncryption(keyOfDatabases(), work);
      const stored = await through(encryption.stage, Buffer.from('hello'));
      expect(asked).toEqual([]);
      const home = encryption.stage.env?.GNUPGHOME ?? '';
      expect(await readdir(join(home, 'private-keys-v1.d')).catch(() => [])).toEqual([]);
      const open: CommandSpec = {
        ...encryption.stage,
        args: ['--batch', '--no-tty', '--no-autostart', '--decrypt'],
      };
      await expect(through(open, stored)).rejects.toMatchObject({ code: 'process-failed' });
      await encryption.close();
      expect(await openedByItsKey(stored, directory)).toBe('hello');
    }));

  it('opens a key only in the zones that the policy names', () =>
    inDirectory(async (directory) => {
      const work = { zone: 'fra', directory, secret: async () => databases.privateKey };
      expect([opensIn(keyOfDatabases(), 'fra'), opensIn(keyOfDatabases(), 'ams')]).toEqual([false, true]);
      await expect(prepareDecryption(keyOfDatabases(), work)).rejects.toMatchObject({ code: 'bad-key' });
    }));

  it('does not open databases with the key of configuration', () =>
    inDirectory(async (directory) => {
      const encryption = await prepareEncryption(keyOfDatabases(), {
        zone: 'fra',
        directory,
        secret: async () => '',
      });
      const stored = await through(encryption.stage, Buffer.from('hello'));
      await encryption.close();
      const other: GpgKey = {
        kind: 'gpg',
        name: 'configuration',
        recipients: [configuration.publicKey],
        opens: { ams: { file: '/run/secrets/configuration.asc' } },
      };
      const work = { zone: 'ams', directory, secret: async () => configuration.privateKey };
      const decryption = await prepareDecryption(other, work);
      await expect(through(decryption.stage, stored)).rejects.toMatchObject({ code: 'process-failed' });
      await decryption.close();
      expect(await openedByItsKey(stored, directory)).toBe('hello');
    }));
});
