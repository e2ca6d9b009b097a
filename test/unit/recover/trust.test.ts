import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { trustedKeys } from '../../../cli/recover/trust.ts';
import { fingerprintOfKey } from '../../../repository/person-signature.ts';
import { inDirectory } from '../../support/keys.ts';

const keys = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFv8Jk1pTQ0e8bQ0ThCXyOoNWB1oYHIYhxW4Qf0ZrHzY',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0MNqvRzRkX8Z1vN4bY8Q2b0h6y5mTn4wXzq1a7c3Xk',
] as const;
const fingerprints = keys.map(fingerprintOfKey);

const inFile = (content: string, repository: string | null = null) =>
  inDirectory(async (directory) => {
    const file = join(directory, 'keys');
    await writeFile(file, content);
    return trustedKeys([file], repository);
  });

describe('whose signature is trusted', () => {
  it('is whoever has a key of the files, or a fingerprint, that a person names', async () => {
    const [one = '', other = ''] = fingerprints;
    expect(await trustedKeys([one], null)).toEqual(new Set([one]));
    expect(await inFile(`${keys[0]} worker@fra\n`)).toEqual(new Set([one]));
    expect(
      await inFile(`# of the safe\n\nfra namespaces="holdfast-manifest" ${keys[0]}\nams ${keys[1]} x\n`),
    ).toEqual(new Set([one, other]));
  });

  it.each<[string, string[], RegExp]>([
    ['nobody', [], /must come from you, and never from the repository/],
    ['half a fingerprint', ['SHA256:Dx6JTl'], /is no fingerprint: 43 letters/],
    ['a file that is not there', ['/nowhere/dr.pub'], /dr\.pub can't be read/],
  ])('is not %s', async (_, given, sentence) => {
    await expect(trustedKeys(given, null)).rejects.toMatchObject({
      code: 'bad-usage',
      message: expect.stringMatching(sentence),
      hint: expect.stringContaining('--trust'),
    });
  });

  it('is nobody by a file without a public key, and a private key is not read for one', async () => {
    await expect(inFile('nothing\n')).rejects.toMatchObject({
      message: expect.stringContaining('has no SSH public key'),
    });
    const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----\n';
    await expect(inFile(secret)).rejects.toMatchObject({
      message: expect.stringMatching(/is a private key\.$/),
    });
  });

  it('never comes from the repository itself, whichever way leads there', () =>
    inDirectory(async (directory) => {
      const repository = join(directory, 'copy');
      await mkdir(repository);
      await writeFile(join(repository, 'worker.pub'), keys[0]);
      await symlink(join(repository, 'worker.pub'), join(directory, 'safe.pub'));
      await mkdir(join(repository, '..keys'));
      await writeFile(join(repository, '..keys', 'worker.pub'), keys[0]);
      for (const file of [
        join(repository, 'worker.pub'),
        join(repository, '..keys', 'worker.pub'),
        join(directory, 'safe.pub'),
      ])
        await expect(trustedKeys([file], repository)).rejects.toMatchObject({
          message: expect.stringContaining('can not vouch for itself'),
        });
      await writeFile(join(directory, 'copy.pub'), keys[0]);
      expect(await trustedKeys([join(directory, 'copy.pub')], repository)).toEqual(
        new Set([fingerprints[0]]),
      );
    }));
});
