import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Signer } from '../../../policy/resolved.ts';
import { commitCopy, manifestBytes } from '../../../repository/commit.ts';
import { keyOf } from '../../../repository/layout.ts';
import type { Manifest } from '../../../repository/manifest.ts';
import { sign } from '../../../repository/signing.ts';
import type { Store } from '../../../repository/store.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { manifestOf } from '../../support/manifests.ts';
import { openTestStore } from '../../support/stores.ts';

let worker: { publicKey: string; privateKey: string };
let signers: Signer[];
beforeAll(async () => {
  worker = await makeSshKey('ecdsa');
  signers = [{ name: 'fra', publicKey: worker.publicKey }];
});

async function commit(store: Store, directory: string, manifest: Manifest, restoreDocument = '# Restore\n') {
  const signature = await sign(manifestBytes(manifest), worker.privateKey, { directory });
  return commitCopy({ store, manifest, signature, restoreDocument, signers, work: {} });
}

describe('the bytes of a manifest', () => {
  it('do not depend on the order in which its facts were gathered', () => {
    const tools = Object.entries(manifestOf().tools);
    const orders = fc.shuffledSubarray(tools, { minLength: tools.length });
    fc.assert(
      fc.property(orders, (shuffled) => {
        const manifest = manifestOf({ tools: Object.fromEntries(shuffled) });
        expect(manifestBytes(manifest)).toEqual(manifestBytes(manifestOf()));
      }),
    );
  });

  it('are JSON with its keys in order, and a newline at the end', () => {
    expect(Buffer.from(manifestBytes(manifestOf())).toString()).toMatch(
      /^\{\n {2}"backupId".*"bytes".*"name".*"sha256".*"workflowId": "[^"]*"\n\}\n$/s,
    );
  });
});

describe('the commit of a copy', () => {
  it('can be repeated, also after any part of it, by a key that never signs twice alike', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      expect(await commit(store, directory, manifestOf())).toBe('committed');
      expect(await commit(store, directory, manifestOf())).toBe('was-committed');
      await store.remove(keyOf(manifestOf(), 'manifest.json'));
      expect(await commit(store, directory, manifestOf())).toBe('committed');
    }));

  it.each([
    ['manifest.json', manifestOf({ endedAt: '2026-11-21T09:00:00Z' }), '# Restore\n'],
    ['RESTORE.md', manifestOf(), '# Other\n'],
  ])('never replaces another %s', (file, manifest, markdown) =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      await commit(store, directory, manifestOf());
      if (file === 'manifest.json') await store.remove(keyOf(manifestOf(), 'manifest.json.sig'));
      await expect(commit(store, directory, manifest, markdown)).rejects.toMatchObject({
        code: 'already-exists',
        message: expect.stringContaining(`/${file}`),
      });
    }),
  );

  it('stops at a signature of other bytes, and the copy does not count', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      await store.putIfAbsent(keyOf(manifestOf(), 'manifest.json.sig'), Buffer.from('of something else'));
      await expect(commit(store, directory, manifestOf())).rejects.toMatchObject({ code: 'already-exists' });
      expect(await store.head(keyOf(manifestOf(), 'manifest.json'))).toBeNull();
    }));

  it('writes nothing with a signature that nobody would trust', () =>
    inDirectory(async (directory) => {
      const store = await openTestStore(directory, 'local');
      const manifest = manifestOf();
      const signature = await sign(Buffer.from('other'), worker.privateKey, { directory });
      const attempt = commitCopy({ store, manifest, signature, restoreDocument: '', signers, work: {} });
      await expect(attempt).rejects.toMatchObject({ code: 'untrusted-signature' });
      expect(await store.listFolders('')).toEqual([]);
    }));
});
