import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type RecoveryState, readState, writeState } from '../../../cli/recover/state.ts';
import { run } from '../../../process/index.ts';
import { makeEncryptionKey } from '../../../tools/lab/keys.ts';
import { freePort } from '../../../tools/servers/index.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';

const scene = copyOfRepository();

/** As a recovery leaves its directory that was declared and has not ended. */
const under = async (changes: Partial<RecoveryState> = {}): Promise<string> => {
  const directory = scene.own('state');
  const [applied = ''] = await readdir(join(scene.copy, '_policy', 'applied'));
  const runbook = scene.loaded.policy.runbooks['site-loss'];
  await writeState(directory, {
    ...{ organization: 'Example BV', repository: 'offsite', from: scene.copy, disaster: null },
    ...{ applied: applied.replace('.json', ''), runbook: 'site-loss', version: runbook?.version ?? '' },
    ...{ zones: ['ams'], keys: {}, signingKey: null, ended: null },
    declared: { at: '2026-11-21T13:00:00.000Z', by: 'commander-1' },
    served: { pid: 2 ** 22 + 1, port: 1 },
    ...changes,
  });
  return directory;
};

const who = () => [
  ...['--as', 'commander-1', '--reason', 'dark', '--yes'],
  ...['--sign-with', join(scene.lab.directory, 'commander')],
];
const start = (state: string, ...args: string[]) =>
  scene.trusting('--state', state, '--runbook', 'site-loss', ...who(), ...args);
const refused = (...sentences: string[]) => ({
  code: expect.any(Number),
  stderr: expect.stringMatching(new RegExp(sentences.map(escaped).join('.*'))),
});
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('the directory that keeps a recovery', () => {
  it('is none that holds other things, and nothing there is touched', async () => {
    const directory = scene.own('home');
    await mkdir(directory);
    await writeFile(join(directory, 'holdfast.yaml'), '# Ours.');
    expect(await start(directory)).toMatchObject(
      refused(`${directory} is not empty, and keeps no recovery: it has holdfast.yaml.`, 'with --state'),
    );
    expect(await readdir(directory)).toEqual(['holdfast.yaml']);
  });

  it('is none in the repository, not even one that is still to be made', async () => {
    const directory = join(scene.copy, 'new', 'state');
    expect(await start(directory)).toMatchObject(refused(`${directory} lies in the repository`));
  });

  it('can be written, or the sentence says why not', async () => {
    const file = scene.own('file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')])
      expect(await start(path)).toMatchObject(
        refused(`The run can't be kept in ${path}: it is not a directory`, 'with --state'),
      );
  });

  it('is on no file system that is full or can only be read', async () => {
    const disk = scene.own('disk');
    await mkdir(disk);
    const mount = (...options: string[]) => run({ command: 'mount', args: [...options, disk] });
    // Only root can mount; modes say nothing to root.
    await mount('-t', 'tmpfs', '-o', 'size=16k', 'tmpfs');
    try {
      await writeFile(join(disk, 'other'), Buffer.alloc(2 ** 14));
      const state = join(disk, 'state');
      expect(await start(state)).toMatchObject(
        refused(`The run can't be kept in ${state}: its disk is full.`, 'with --state'),
      );
      await mount('-o', 'remount,ro');
      expect(await start(state)).toMatchObject(
        refused(`The run can't be kept in ${state}: it lies on a file system that can only be read.`),
      );
    } finally {
      await run({ command: 'umount', args: [disk] });
    }
  });

  it('begins anew after a first word that was cut off', async () => {
    const directory = scene.own('cut');
    await mkdir(directory);
    await writeFile(join(directory, 'recovery.json.new'), '{');
    expect(await readState(directory)).toBeNull();
  });

  it('is read by the version that wrote it', async () => {
    const directory = await under();
    const file = join(directory, 'recovery.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('recovery/1', 'recovery/9'));
    expect(await start(directory)).toMatchObject(refused('recovery.json is not as this version'));
  });

  it('keeps what was written, and only its owner reads it', async () => {
    expect(await readState(await under())).toMatchObject({ runbook: 'site-loss', zones: ['ams'] });
    expect(await readState(scene.own('nowhere'))).toBeNull();
  });
});

describe('a recovery under way', () => {
  it('is not gone on with as one from another repository', async () => {
    const directory = await under({ repository: 'near', ended: '2026-11-21T14:00:00.000Z' });
    expect(await start(directory)).toMatchObject(
      refused(`${directory} keeps a recovery from the repository near of Example BV.`, 'with --state'),
    );
  });

  it.each<[what: string, changes: Partial<RecoveryState>, sentence: string]>([
    ['another policy', { applied: '20261120T000000Z-00000000' }, 'the policy was 20261120T000000Z-00000000,'],
    ['another version', { version: 'f'.repeat(64) }, 'the version of the runbook was ffffffffffff,'],
    ['another runbook', { runbook: 'fire' }, 'the runbook was fire, and is site-loss now'],
    ['a disaster', { disaster: 'fire' }, 'the disaster was fire, and is none now'],
    ['another bucket', { from: 's3://a', bucket: '--region nl' }, '--from was s3://a --region nl, and is /'],
    ['other zones', { zones: ['ams', 'home'] }, '--zone was ams, home, and is ams now'],
    ['other keys', { keys: { databases: '/safe/a' } }, '--key databases was /safe/a, and is none now'],
    ['another signing key', { signingKey: '/safe/dr' }, '--signing-key was /safe/dr, and is none now'],
  ])('is not gone on with as one with %s', async (_what, changes, sentence) => {
    const directory = await under(changes);
    const run = await start(directory);
    expect(run).toMatchObject(
      refused(
        `failover/${changes.runbook ?? 'site-loss'} is under way in ${directory}, declared by commander-1`,
        `and was begun otherwise: ${sentence}`,
        'It goes on with: --from',
      ),
    );
    expect(run.code).toBe(1);
  });

  it('is not gone on with as one with another key in the same file', async () => {
    const { publicFile, privateFile } = await makeEncryptionKey(scene.lab.directory, 'stranger');
    await rm(publicFile);
    const prints = { salt: 'a1', of: { '--key databases': 'F'.repeat(40) } };
    const directory = await under({ keys: { databases: privateFile }, prints });
    expect(await start(directory, '--key', `databases=${privateFile}`)).toMatchObject(
      refused(
        'and was begun otherwise: --key databases is another key now, which does not do: The private key of databases',
        'is of another key.',
        `--key databases=${privateFile}`,
      ),
    );
  });

  it('is not served twice', async () => {
    const server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const directory = await under({ served: { pid: process.pid, port } });
    const another = await start(directory, '--port', String(await freePort())).finally(() => server.close());
    expect(another).toMatchObject(
      refused(
        `Another \`holdfast recover\` (process ${process.pid}) is at work there.`,
        `TEMPORAL_ADDRESS=127.0.0.1:${port} holdfast failover status site-loss --watch`,
      ),
    );
  });
});
