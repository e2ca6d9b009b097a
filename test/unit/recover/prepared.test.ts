import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { linksIn, prepareDirectory } from '../../../cli/recover/prepared.ts';
import { inDirectory } from '../../support/keys.ts';

const applied = {
  text: 'version: 1\n',
  publicKeys: { signers: {}, people: {}, recipients: {} },
  organization: 'Example BV',
};

const place = { kind: 'filesystem', path: '/mnt/copy' } as const;

describe("a recovery's directory", () => {
  it('that can not be written is told with the way out, and what the system says', () =>
    inDirectory(async (directory) => {
      await mkdir(join(directory, 'holdfast.yaml'));
      const none = { place, keyFiles: {}, signingKeyFile: null };
      await expect(prepareDirectory(applied, none, directory)).rejects.toMatchObject({
        code: 'bad-usage',
        message: expect.stringMatching(/can't be kept in .*: the system says EISDIR/),
        hint: 'Name another directory with --state.',
      });
    }));

  it('has links to the repository and the keys, which point to where they are now', () =>
    inDirectory(async (directory) => {
      const state = join(directory, 'state');
      for (const at of ['a', 'b']) {
        const [key, signing] = [join(directory, `${at}.asc`), join(directory, at)];
        await writeFile(key, `key ${at}`);
        await writeFile(signing, `signing ${at}`);
        const files = {
          place: { ...place, path: join(directory, `copy-${at}`) },
          ...{ keyFiles: { databases: key }, signingKeyFile: signing },
        };
        await mkdir(files.place.path);
        await writeFile(join(files.place.path, 'which'), at);
        // The policy is none, which is told once all is written.
        await expect(prepareDirectory(applied, files, state)).rejects.toMatchObject({ code: 'bad-policy' });
        const { place: there, keyFiles, signingKeyFile } = linksIn(state, files);
        const copy = there.kind === 'filesystem' ? there.path : '';
        expect(await readFile(join(copy, 'which'), 'utf8')).toBe(at);
        expect(await readFile(keyFiles.databases ?? '', 'utf8')).toBe(`key ${at}`);
        expect(await readFile(signingKeyFile ?? '', 'utf8')).toBe(`signing ${at}`);
      }
    }));
});
