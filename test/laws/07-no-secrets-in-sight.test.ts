import { readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { PassphraseKey } from '../../policy/resolved.ts';
import { readSecret, run, startPipeline } from '../../process/index.ts';
import {
  manifestBytes,
  prepareDecryption,
  prepareEncryption,
  restoreDocument,
  sign,
  writeCopies,
  zstdStage,
} from '../../repository/index.ts';
import { inDirectory, makeSshKey } from '../support/keys.ts';
import { manifestOf } from '../support/manifests.ts';
import { openTestStore } from '../support/stores.ts';

const secret = 'correct-horse-battery-staple-7781';
const key: PassphraseKey = { kind: 'passphrase', name: 'spoken', passphrase: { fra: { env: 'SPOKEN' } } };
const work = (directory: string, value = secret) => ({ zone: 'fra', directory, secret: async () => value });

/** Arguments and environment of every process that runs now, where we may read them. */
function everyProcess(): string {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid);
  return pids
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => `/proc/${pid}/${file}`))
    .map((path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
}

/** Everything that a logger could print of an error. */
const shown = (error: unknown): string => inspect(error, { depth: 10, showHidden: true });

describe('law 7: no secrets in sight', () => {
  it('shows no passphrase in the arguments and environments of a running pipeline', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const encryption = await prepareEncryption(key, work(directory));
      const go = join(directory, 'go');
      await run({ command: 'mkfifo', args: [go] });
      let processes: string | undefined;
      await writeCopies({
        stages: [
          { command: 'bash', args: ['-c', `head -c 5000000 /dev/urandom; read -r _ < ${go}`] },
          zstdStage,
          encryption.stage,
        ],
        targets: [{ name: 'local', store, key: 'data-0a1b2c.dump.zst.gpg' }],
        stallSeconds: 30,
        signal: new AbortController().signal,
        onProgress: () => {
          if (processes !== undefined) return;
          processes = everyProcess();
          void writeFile(go, 'go\n');
        },
      });
      await encryption.close();
      expect(processes).toContain('--symmetric');
      expect(processes).not.toContain(secret);
    }));

  it('keeps the passphrase in a file that nobody else can read, only while it is needed', () =>
    inDirectory(async (directory) => {
      const encryption = await prepareEncryption(key, work(directory));
      const home = encryption.stage.env?.GNUPGHOME ?? '';
      expect(statSync(home).mode & 0o777).toBe(0o700);
      expect(statSync(join(home, 'passphrase')).mode & 0o777).toBe(0o600);
      await encryption.close();
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('shows no signing key while it signs, and keeps no file of it', async () => {
    const { privateKey } = await makeSshKey('rsa');
    const line = privateKey.split('\n')[3] ?? 'no line';
    await inDirectory(async (directory) => {
      const signing = sign(Buffer.alloc(20_000_000), privateKey, { directory });
      const processes: string[] = [];
      const watch = setInterval(() => processes.push(everyProcess()), 1);
      await signing.finally(() => clearInterval(watch));
      expect(processes.join('\n')).not.toContain(line);
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  it('shows no secret in errors: of keys, of signing, of tools and of where secrets are', () =>
    inDirectory(async (directory) => {
      const decryption = await prepareDecryption(key, work(directory));
      const wrongPassphrase = async () => {
        const { stdin, stdout, done } = startPipeline([decryption.stage], { feed: true });
        stdin?.end('not encrypted');
        stdout.resume();
        await done;
      };
      const failures = await Promise.allSettled([
        prepareEncryption(key, work(directory, `${secret}\n${secret}`)),
        sign(Buffer.from('x'), secret, { directory }),
        wrongPassphrase(),
        run({ command: 'bash', args: ['-c', 'exit 3'], env: { PGPASSWORD: secret } }),
        run({ command: 'bash', args: ['-c', 'cat > /dev/null; exit 3'] }, { stdin: secret }),
        run({ command: 'no-such-tool', args: [], env: { PGPASSWORD: secret } }),
        readSecret({ command: ['bash', '-c', `printf ${secret}; exit 3`] }),
      ]);
      await decryption.close();
      for (const failure of failures) {
        expect(failure.status).toBe('rejected');
        if (failure.status === 'rejected') expect(shown(failure.reason)).not.toContain(secret);
      }
    }));

  it('puts no key material into a manifest or RESTORE.md', () => {
    const manifest = manifestOf({ key: 'spoken' });
    const document = restoreDocument({ manifest, signers: [], steps: '' });
    expect(document + Buffer.from(manifestBytes(manifest)).toString()).not.toMatch(
      /PRIVATE KEY|passphrase-file/,
    );
  });
});
