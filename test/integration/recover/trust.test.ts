import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makeSigningKey } from '../../../tools/lab/keys.ts';
import { holdfast } from '../../support/cli.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';

const scene = copyOfRepository();

describe('a policy that can not be trusted', () => {
  const refused = async (args: string[], code: string, ...sentences: string[]) => {
    const run = await holdfast(['recover', '--json', ...args]);
    const { error } = JSON.parse(run.stdout);
    expect(error).toMatchObject({ code });
    for (const sentence of sentences) expect(`${error.message} ${error.hint}`).toContain(sentence);
  };
  const from = () => ['--from', scene.copy, '--list'];

  it('is any, without a key that a person names', () => refused(from(), 'bad-usage', 'must come from you'));

  it('is one that a stranger signed; the newest one that can be trusted is taken when it is named', async () => {
    const stranger = await makeSigningKey(scene.lab.directory, 'stranger');
    const [good = ''] = await appliedIn();
    const bad = await scene.applyAt('2026-11-21T13:00:00.000Z', scene.loaded.source, stranger.privateFile);
    await refused(
      [...from(), '--trust', scene.signer],
      'untrusted-signature',
      bad,
      'not among those that you trust',
      `--applied ${good}`,
    );
    const older = await scene.trusting('--list', '--applied', good);
    expect(older).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 policy was applied after it'),
    });
    await refused(
      [...from(), '--trust', scene.signer, '--applied', 'x'],
      'not-found',
      `It has: ${bad}, ${good}`,
    );
  });

  it('is one that was changed, or has lost its signature', async () => {
    const [name = ''] = await appliedIn();
    const file = join(scene.copy, '_policy', 'applied', `${name}.json`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('site-loss', 'site-lost'));
    await refused([...from(), '--trust', scene.signer], 'untrusted-signature', 'changed after signing');
    await rm(`${file}.sig`);
    await refused([...from(), '--trust', scene.signer], 'untrusted-signature', 'is not signed');
  });

  it('is one of an older Holdfast, which signed none; and an empty repository has none', async () => {
    await rm(join(scene.copy, '_policy'), { recursive: true });
    await refused([...from(), '--trust', scene.signer], 'not-found', 'is empty: no policy was ever applied');
    await mkdir(join(scene.copy, '_policy'));
    await writeFile(join(scene.copy, '_policy', `${scene.loaded.policy.hash}.yaml`), scene.loaded.source);
    await refused(
      [...from(), '--trust', scene.signer],
      'untrusted-signature',
      'a policy that nobody has signed',
    );
  });

  it('is looked for in a repository, and a place that is none is named', async () => {
    const at = (path: string) => ['--from', path, '--list', '--trust', scene.signer];
    await refused(
      at(join(scene.copy, 'shop')),
      'not-a-repository',
      'is no repository of Holdfast',
      '_holdfast.json',
    );
    await refused(
      at('/nowhere/at/all'),
      'not-found',
      '/nowhere/at/all does not exist',
      'Is the disk mounted?',
    );
    await refused(
      at(join(scene.copy, '_holdfast.json')),
      'not-a-repository',
      '_holdfast.json is a file, and a repository is a directory',
    );
    const parent = scene.own('mounted');
    await mkdir(parent);
    await rename(scene.copy, join(parent, 'offsite'));
    await refused(at(parent), 'not-a-repository', `Did you mean ${join(parent, 'offsite')}?`);
  });

  const appliedIn = async () =>
    (await readdir(join(scene.copy, '_policy', 'applied')))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length));
});
