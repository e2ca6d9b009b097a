import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ResolvedKey } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import {
  commitCopy,
  directoryOf,
  fileNameOf,
  keyOf,
  type Manifest,
  manifestBytes,
  prepareEncryption,
  restoreDocument,
  sign,
  writeCopies,
  zstdStage,
} from '../../repository/index.ts';
import { inDirectory, makeGpgKey, makeSshKey } from '../support/keys.ts';
import { manifestOf } from '../support/manifests.ts';
import { openTestStore } from '../support/stores.ts';

const secret = 'a passphrase of five words';
const plain = randomBytes(2_000_000);

/** A committed backup of one encrypted file in a repository; the directory that holds it. */
async function backUp(directory: string, key: ResolvedKey): Promise<string> {
  const store = await openTestStore(directory, 'local');
  const worker = await makeSshKey();
  const signers = [{ name: 'fra', publicKey: worker.publicKey }];
  await writeFile(join(directory, 'plain'), plain);
  const work = { zone: 'fra', directory, secret: async () => secret };
  const encryption = await prepareEncryption(key, work);
  const file = fileNameOf('data.dump', '0a1b2c', ['zstd', encryption.name]);
  const name = manifestOf();
  const written = await writeCopies({
    stages: [{ command: 'cat', args: [join(directory, 'plain')] }, zstdStage, encryption.stage],
    targets: [{ name: 'local', store, key: keyOf(name, file) }],
    stallSeconds: 30,
    signal: new AbortController().signal,
  });
  await encryption.close();
  const { sha256, bytes, rawBytes } = written;
  const manifest: Manifest = manifestOf({
    files: [
      {
        name: file,
        role: 'data',
        stages: ['pg_dump-custom', 'zstd', encryption.name],
        sha256,
        bytes,
        rawBytes,
      },
    ],
  });
  await commitCopy({
    store,
    manifest,
    signature: await sign(manifestBytes(manifest), worker.privateKey, { directory }),
    restoreDocument: restoreDocument({ manifest, signers, steps: 'Restore `data-0a1b2c.dump`.' }),
    signers,
    work: {},
  });
  return join(store.path, directoryOf(manifest));
}

/** Types what RESTORE.md says into bash, in a copy of the backup. */
async function follow(directory: string, backup: string, home: string) {
  const place = join(directory, 'place');
  await cp(backup, place, { recursive: true });
  const document = await readFile(join(place, 'RESTORE.md'), 'utf8');
  const commands = [...document.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('');
  const script = { command: 'bash', args: ['-e', '-c', commands], cwd: place, env: { GNUPGHOME: home } };
  return { place, document, result: await run(script) };
}

async function makeHome(directory: string): Promise<string> {
  const home = join(directory, 'home');
  await mkdir(home, { mode: 0o700 });
  return home;
}
const stopAgent = (home: string) =>
  run({ command: 'gpgconf', args: ['--kill', 'all'], env: { GNUPGHOME: home } });

describe('RESTORE.md, followed to the letter', () => {
  it('gives the original bytes back with the private key and public tools', async () => {
    const databases = await makeGpgKey('Databases <db@example.org>');
    const key: ResolvedKey = {
      kind: 'gpg',
      name: 'databases',
      recipients: [databases.publicKey],
      opens: {},
    };
    await inDirectory(async (directory) => {
      const backup = await backUp(directory, key);
      const home = await makeHome(directory);
      const env = { GNUPGHOME: home };
      await run({ command: 'gpg', args: ['--batch', '--import'], env }, { stdin: databases.privateKey });
      const { place, document, result } = await follow(directory, backup, home).finally(() =>
        stopAgent(home),
      );
      expect((await readFile(join(place, 'data-0a1b2c.dump'))).equals(plain)).toBe(true);
      expect(result.stdout).toContain('Good "holdfast-manifest" signature for fra');
      expect(result.stdout).toContain('data-0a1b2c.dump.zst.gpg: OK');
      expect(document).toContain('Restore `data-0a1b2c.dump`.');
    });
  });

  it('gives them back with the passphrase', async () => {
    const key: ResolvedKey = { kind: 'passphrase', name: 'spoken', passphrase: { fra: { env: 'SPOKEN' } } };
    await inDirectory(async (directory) => {
      const backup = await backUp(directory, key);
      const home = await makeHome(directory);
      await writeFile(join(home, 'passphrase'), secret);
      const answer = `batch\npinentry-mode loopback\npassphrase-file ${join(home, 'passphrase')}\n`;
      await writeFile(join(home, 'gpg.conf'), answer);
      const { place } = await follow(directory, backup, home).finally(() => stopAgent(home));
      expect((await readFile(join(place, 'data-0a1b2c.dump'))).equals(plain)).toBe(true);
    });
  });

  it.each(['manifest.json', 'data-0a1b2c.dump.zst.gpg'])('stops at a changed %s', (file) =>
    inDirectory(async (directory) => {
      const key: ResolvedKey = { kind: 'passphrase', name: 'spoken', passphrase: { fra: { env: 'SPOKEN' } } };
      const backup = await backUp(directory, key);
      const bytes = await readFile(join(backup, file));
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      await writeFile(join(backup, file), bytes);
      const home = await makeHome(directory);
      await expect(follow(directory, backup, home)).rejects.toMatchObject({ code: 'process-failed' });
      expect(await readdir(join(directory, 'place'))).not.toContain('data-0a1b2c.dump');
    }),
  );

  it('is the same text each time', () => {
    const input = { manifest: manifestOf(), signers: [], steps: 'x' };
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(hash(restoreDocument(input))).toBe(hash(restoreDocument(structuredClone(input))));
  });
});
