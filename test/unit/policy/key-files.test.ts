import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPublicKeys } from '../../../policy/key-files.ts';
import { keysDirectory } from './support.ts';

const ssh = readFileSync(join(keysDirectory, 'worker.pub'), 'utf8');
const gpg = readFileSync(join(keysDirectory, 'databases.asc'), 'utf8');
const [type, body] = ssh.split(' ');
const privateSsh = '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----\n';
const privateGpg = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nhunter2\n-----END PGP PRIVATE KEY BLOCK-----\n';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** Reads one signer and one recipient, each written as given. */
async function read(written: { signer?: string; recipient?: string }) {
  const raw = {
    signers: written.signer === undefined ? {} : { worker: written.signer },
    keys: { databases: { gpg: { recipients: written.recipient === undefined ? [] : [written.recipient] } } },
  };
  return readPublicKeys(raw, directory);
}

async function inFile(content: string): Promise<string> {
  const name = `key-${Math.random().toString(36).slice(2)}`;
  await writeFile(join(directory, name), content);
  return name;
}

describe('a public key', () => {
  it('of a signer is read from a file beside the policy or from its own text, without its comment', async () => {
    const expected = { worker: `${type} ${body}` };
    expect((await read({ signer: await inFile(ssh) })).publicKeys.signers).toEqual(expected);
    expect((await read({ signer: ssh })).publicKeys.signers).toEqual(expected);
    expect((await read({ signer: await inFile(`# mine\r\n${ssh}\r\n`) })).publicKeys.signers).toEqual(
      expected,
    );
  });

  it('of a recipient is read from a file beside the policy or from its own text', async () => {
    for (const recipient of [await inFile(gpg), gpg, await inFile(gpg.replaceAll('\n', '\r\n'))])
      expect((await read({ recipient })).publicKeys.recipients).toEqual({ databases: [gpg] });
  });

  it.each([
    ['a private key', privateSsh, 'this is a PRIVATE key'],
    ['two keys', `${ssh}${ssh}`, 'several lines'],
    ['a key cut short', ssh.slice(0, 40), 'no SSH public key'],
    ['a key of another type than it says', ssh.replace('ssh-ed25519', 'ssh-rsa'), 'no SSH public key'],
    ['an OpenPGP key', gpg, 'several lines'],
    ['an empty file', '', 'no SSH public key'],
    ['a line of an options file', `command="x" ${ssh}`, 'no SSH public key'],
  ])("of a signer can't be %s", async (_name, content, sentence) => {
    const { faults } = await read({ signer: await inFile(content) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({
      path: ['signers', 'worker'],
      message: expect.stringContaining(sentence),
    });
  });

  it.each([
    ['a private key', privateGpg, 'this is a PRIVATE key'],
    ['a public and a private key', `${gpg}${privateGpg}`, 'this is a PRIVATE key'],
    ['binary', '\x99\x01\x0d', 'no armored OpenPGP public key'],
    ['armor without an end', gpg.slice(0, 200), 'no armored OpenPGP public key'],
    ['an SSH key', ssh, 'no armored OpenPGP public key'],
    ['a huge file', 'x'.repeat(2 ** 20 + 1), 'too large'],
  ])("of a recipient can't be %s", async (_name, content, sentence) => {
    const { faults } = await read({ recipient: await inFile(content) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({
      path: ['keys', 'databases', 'gpg', 'recipients', 0],
      message: expect.stringContaining(sentence),
    });
  });

  it('that is private is refused also where the policy has its text, and never repeated', async () => {
    const { faults } = await read({ signer: privateSsh, recipient: privateGpg });
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining('PRIVATE'),
      expect.stringContaining('PRIVATE'),
    ]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('that is not there is told with the command that makes it', async () => {
    const { faults } = await read({ signer: 'nowhere.pub', recipient: 'nowhere.asc' });
    expect(faults.map(({ hint }) => hint)).toEqual([
      expect.stringContaining('ssh-keygen -t ed25519'),
      expect.stringContaining('gpg --armor --export'),
    ]);
  });
});
