import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../policy/errors.ts';
import type { Signer } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import {
  commitCopy,
  keyOf,
  listBackups,
  manifestBytes,
  markRepository,
  readManifest,
  type Store,
  sign,
  writeCopies,
} from '../../repository/index.ts';
import { inDirectory, makeSshKey } from '../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../support/manifests.ts';
import { filesIn, openTestStore } from '../support/stores.ts';

const manifest = manifestOf();
const data = keyOf(manifest, 'data-0a1b2c.dump.zst.gpg');
let signature: string;
let signers: Signer[];
beforeAll(async () => {
  const worker = await makeSshKey();
  signers = [{ name: 'fra', publicKey: worker.publicKey }];
  signature = await inDirectory((directory) =>
    sign(manifestBytes(manifest), worker.privateKey, { directory }),
  );
});

const commit = (store: Store) =>
  commitCopy({ store, manifest, signature, restoreDocument: '# Restore', signers, work: {} });

/** The store, of which only so many small objects can be written before it is gone. */
function dyingAfter(store: Store, writes: number, log: string[]): Store {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (property !== 'putIfAbsent') return typeof value === 'function' ? value.bind(target) : value;
      return async (...[key, body, signal]: Parameters<Store['putIfAbsent']>) => {
        if (log.length >= writes) throw new HoldfastError('unreachable', 'The power went out.');
        log.push(key.split('/').at(-1) ?? '');
        return target.putIfAbsent(key, body, signal);
      };
    },
  });
}

describe('law 1: the manifest comes last', () => {
  it('is written after everything else, and only then is the copy a backup', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      await markRepository(store, { organization: 'Example BV' });
      await store.putIfAbsent(data, manifestFileBytes);
      for (const writes of [0, 1, 2]) {
        const log: string[] = [];
        await expect(commit(dyingAfter(store, writes, log))).rejects.toThrow('The power went out.');
        expect(await listBackups(store)).toMatchObject([{ committed: false }]);
        await expect(readManifest(store, manifest, signers)).rejects.toMatchObject({ code: 'not-found' });
      }
      const log: string[] = [];
      await commit(dyingAfter(store, 3, log));
      expect(log).toEqual(['RESTORE.md', 'manifest.json.sig', 'manifest.json']);
      expect(await listBackups(store)).toMatchObject([{ committed: true }]);
      expect(await readManifest(store, manifest, signers)).toMatchObject({ signedBy: 'fra' });
    }));

  it('is create-only: of many commits at once one makes it', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => commit(store)));
      expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1);
    }));

  it('no byte of a stream shows before its last process has ended well', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const go = join(directory, 'go');
      await run({ command: 'mkfifo', args: [go] });
      const source = `head -c 20000000 /dev/urandom; read -r _ < ${go}`;
      let shown: Promise<string[]> | undefined;
      const written = await writeCopies({
        stages: [{ command: 'bash', args: ['-c', source] }],
        targets: [{ name: 'local', store, key: data }],
        stallSeconds: 30,
        signal: new AbortController().signal,
        onProgress: ({ bytes }) => {
          if (bytes < 20_000_000 || shown !== undefined) return;
          shown = listKeys(store).finally(() => writeFile(go, 'go\n'));
        },
      });
      expect(await shown).toEqual([]);
      expect(written.bytes).toBe(20_000_000);
      expect(await filesIn(store.path)).toEqual([join(store.path, data)]);
      expect(await listBackups(store)).toMatchObject([{ committed: false }]);
    }));
});

async function listKeys(store: Store): Promise<string[]> {
  return (await store.list('')).map(({ key }) => key);
}
