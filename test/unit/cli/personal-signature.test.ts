import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { requireOwnKey } from '../../../cli/personal-signature.ts';
import type { Person } from '../../../policy/resolved.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';

const person = (name: string, ...sshKeys: string[]): Person => ({ name, roles: [], sshKeys });
const { signal } = new AbortController();

it('is known by what is public of a key, and no passphrase is asked for', () =>
  inDirectory(async (directory) => {
    const keyFile = join(directory, 'key');
    const own = await makeSshKey('ed25519', 'a passphrase');
    const other = await makeSshKey();
    const [ada, bob] = [person('ada', own.publicKey), person('bob', other.publicKey)];
    for (const text of [own.privateKey, `${own.publicKey} ada@example.org\n`]) {
      await writeFile(keyFile, text, { mode: 0o600 });
      await requireOwnKey([ada, bob], { person: ada, keyFile }, signal);
      await expect(requireOwnKey([ada, bob], { person: bob, keyFile }, signal)).rejects.toMatchObject({
        code: 'bad-usage',
        message: expect.stringMatching(/^The key SHA256:\S+ in .* is not one of bob: it is of ada\.$/),
        hint: expect.stringMatching(/^The policy names SHA256:\S+: sign with that\.$/),
      });
    }
    await expect(requireOwnKey([ada], { person: person('eve'), keyFile }, signal)).rejects.toMatchObject({
      hint: 'The policy names no SSH key of eve. Somebody else must declare it.',
    });
  }));
