import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makeEncryptionKey } from '../../../tools/lab/keys.ts';
import { copyOfRepository, idOf } from '../../support/copy-of-repository.ts';
import { pathsBelow } from '../../support/files.ts';
import { mark } from '../../support/past.ts';

const scene = copyOfRepository();
const listed = (...args: string[]) => scene.trusting('--list', ...args);

describe('what can be recovered from a repository alone', () => {
  it('is shown, with the newest backup, the one that was proven, and the key; and nothing is written', async () => {
    const before = await pathsBelow(scene.copy);
    const { code, stdout } = await listed('--json');
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      repository: 'offsite',
      place: scene.copy,
      policy: { hash: scene.loaded.policy.hash, signedBy: scene.signer, newer: 0 },
      zones: ['ams'],
      points: [
        {
          plan: 'shop-daily',
          newest: { backupId: idOf('20261121'), provenAt: null, signedBy: 'worker-fra' },
          proven: { backupId: idOf('20261120') },
          key: { name: 'databases', here: true },
          passedOver: [],
        },
      ],
      runbooks: [{ name: 'site-loss', lost: ['fra'], lacks: [] }],
    });
    const shown = await listed();
    expect(shown.stdout).toContain(`a runbook restores ${idOf('20261120')}`);
    expect(await pathsBelow(scene.copy)).toEqual(before);
  });

  it('passes over what is not whole, not signed by a signer of the policy, or failed its test', async () => {
    const directory = (day: string) =>
      join(scene.copy, 'shop', day.slice(0, 4), day.slice(4, 6), day.slice(6), idOf(day));
    await writeFile(join(directory('20261121'), 'data-0a1b2c.dump.zst.gpg'), 'cut');
    const { points } = JSON.parse((await listed('--json')).stdout);
    expect(points).toMatchObject([
      { newest: { backupId: idOf('20261120') }, passedOver: [expect.stringMatching(/lacks data-0a1b2c/)] },
    ]);
    const manifest = join(directory('20261120'), 'manifest.json');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('Example BV', 'Example NV'));
    await mark([scene.place()], idOf('20261119'), {
      kind: 'tested',
      at: '2026-11-20T13:00:00.000Z',
      result: 'failed',
    });
    const { code, stdout } = await listed('--json');
    expect({ code, points: JSON.parse(stdout).points }).toMatchObject({
      code: 3,
      points: [
        {
          newest: null,
          proven: null,
          passedOver: [
            expect.stringContaining('lacks'),
            expect.stringContaining('changed after signing'),
            expect.stringContaining('failed its restore test'),
          ],
        },
      ],
    });
  });

  it('says which key is missing, and what it stops; a wrong one is told as well', async () => {
    const missing = await listed('--key', 'databases=/nowhere/key');
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.stdout).toMatch(/databases MISSING/);
    expect(missing.stdout).toContain("file /nowhere/key can't be read");
    expect(missing.stdout).toMatch(/Stops there: restore\./);
    const other = await makeEncryptionKey(scene.lab.directory, 'other');
    const wrong = await listed('--key', `databases=${other.privateFile}`);
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining('is of another key') });
    expect(await listed('--zone', 'fra')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('not opened in zone fra; bring it with --key databases=FILE'),
    });
  });

  it('is printed as a document from the repository alone', async () => {
    const { code, stdout } = await scene.recover('--trust', scene.signer, '--print');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('# Runbook site-loss'),
    });
    expect(stdout).toContain(scene.copy);
  });
});
