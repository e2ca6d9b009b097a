import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type KeyWork, keyFinder, printsOf, whyUnsigned } from '../../../cli/recover/keys.ts';
import type { ResolvedKey, ResolvedPolicy, SecretRef } from '../../../policy/resolved.ts';
import { readSecret } from '../../../process/index.ts';
import { inDirectory, makeGpgKey, makeSshKey, type TestKey } from '../../support/keys.ts';
import { planOf } from '../../support/plans.ts';

let right: TestKey;
let other: TestKey;
let signing: { publicKey: string; privateKey: string };
beforeAll(async () => {
  [right, other, signing] = await Promise.all([makeGpgKey('right'), makeGpgKey('other'), makeSshKey()]);
});

/** Files of those contents, and what looking at keys needs. */
const having = <T>(
  files: Record<string, string>,
  work: (at: (name: string) => string, keys: KeyWork) => Promise<T>,
) =>
  inDirectory(async (directory) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const secret = (ref: SecretRef) => readSecret(ref);
    return work((name) => join(directory, name), { directory, env: {}, secret });
  });

const gpg = (file: string): ResolvedKey => ({
  ...{ kind: 'gpg', name: 'databases', recipients: [right.publicKey] },
  opens: { ams: { file } },
});

describe('the key of a plan', () => {
  it.each<[what: string, text: () => string, here: boolean, sentence: RegExp]>([
    ['the right one', () => right.privateKey, true, /^The key databases is here\.$/],
    [
      'another one',
      () => other.privateKey,
      false,
      /^The private key of databases in file .* is of another key\./,
    ],
    ['none', () => 'nothing', false, /is not an OpenPGP private key/],
  ])('is told to be %s', (_what, text, here, sentence) =>
    having({ key: text() }, async (at, work) => {
      const found = await keyFinder(work)(gpg(at('key')), 'ams');
      expect(found).toEqual({ name: 'databases', here, sentence: expect.stringMatching(sentence) });
    }),
  );

  it('is missing where it can not be read, or is not opened', () =>
    having({}, async (at, work) => {
      const find = keyFinder(work);
      expect((await find(gpg(at('key')), 'ams')).sentence).toMatch(
        /^The key databases is not here: file .*key can't be read; bring it with --key databases=FILE\.$/,
      );
      expect((await find(gpg(at('key')), 'home')).sentence).toMatch(/is not opened in zone home; bring it/);
    }));
});

describe('what tells keys from others', () => {
  const plans: ResolvedPolicy['plans'] = {
    a: { ...planOf('a', {}), key: { kind: 'gpg', name: 'databases', recipients: [], opens: {} } },
    b: { ...planOf('b', {}), key: { kind: 'passphrase', name: 'words', passphrase: {} } },
  };
  const prints = (keys: Record<string, string>, salt?: string) =>
    having({ ...keys, dr: signing.privateKey }, (at, work) => {
      const keyFiles = Object.fromEntries(Object.keys(keys).map((name) => [name, at(name)]));
      return printsOf({ keyFiles, signingKeyFile: at('dr') }, { plans }, work, salt);
    });

  it('is what is public of them, wherever they lie and however they were exported', async () => {
    const { of } = await prints({ databases: right.privateKey });
    expect(of['--key databases']).toBe(right.fingerprint);
    expect(of['--signing-key']).toMatch(/^SHA256:/);
    const again = `Comment: of the safe\n${right.privateKey}\n`;
    expect((await prints({ databases: again })).of).toEqual(of);
    expect((await prints({ databases: other.privateKey })).of['--key databases']).toBe(other.fingerprint);
  });

  it('is of a passphrase what nobody can look up', async () => {
    const { salt, of } = await prints({ words: 'correct horse' });
    expect((await prints({ words: 'correct horse\n' }, salt)).of).toEqual(of);
    expect((await prints({ words: 'correct horse' })).of['--key words']).not.toBe(of['--key words']);
    expect((await prints({ words: 'battery' }, salt)).of['--key words']).not.toBe(of['--key words']);
    expect(JSON.stringify(of)).not.toMatch(/correct|horse/);
  });

  it('is nothing where there is no key', async () => {
    expect((await prints({ databases: 'nothing', words: '' })).of).toEqual({
      '--signing-key': expect.any(String),
    });
  });
});

describe('the signature of a report', () => {
  const why = (policy: Pick<ResolvedPolicy, 'signingKeys' | 'signers'>, leading: string, env = {}) =>
    inDirectory((directory) =>
      whyUnsigned(policy, leading, { directory, env, secret: async () => signing.privateKey }),
    );
  const signingKeys = { ams: { env: 'AMS' }, home: { env: 'HOME_KEY' } };

  it('is made with the key of the zone that leads, else with another one, else with none', async () => {
    const signers = [{ name: 'worker-ams', publicKey: signing.publicKey }];
    expect(await why({ signingKeys, signers }, 'ams', { AMS: 'x' })).toBeNull();
    expect(await why({ signingKeys, signers }, 'home', { AMS: 'x' })).toMatch(
      /HOME_KEY is not set\. Bring one/,
    );
    expect(await why({ signingKeys, signers }, 'fra', { AMS: 'x' })).toBeNull();
    expect(await why({ signingKeys: {}, signers }, 'ams')).toBe(
      'The key that signs the report is not here. Bring one with --signing-key FILE: an unsigned report is not kept.',
    );
  });

  it('is believed of a signer of the policy alone, and made by a key that can', async () => {
    const { publicKey } = await makeSshKey();
    const signers = [{ name: 'worker-ams', publicKey }];
    expect(await why({ signingKeys, signers }, 'ams', { AMS: 'x' })).toMatch(
      /SHA256:\S+, is of no signer of the policy.*Bring one of worker-ams with --signing-key FILE\.$/,
    );
    const locked = await makeSshKey('ed25519', 'a passphrase');
    signing = { ...locked };
    expect(await why({ signingKeys, signers }, 'ams', { AMS: 'x' })).toMatch(
      /is protected by a passphrase\..*--signing-key FILE: an unsigned/,
    );
  });
});
