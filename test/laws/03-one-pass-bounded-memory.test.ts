import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ResolvedKey } from '../../policy/resolved.ts';
import { prepareEncryption, type Store, writeCopies, zstdStage } from '../../repository/index.ts';
import { inDirectory, makeGpgKey } from '../support/keys.ts';
import { interceptUploads, openTestStore } from '../support/stores.ts';

const MB = 1e6;
const key = 'shop/2026/11/21/20261121T010000Z-1a2b3c4d/data-0a1b2c.dump.zst.gpg';

/** Streams random bytes through zstd and gpg into two repositories; the peak of our memory, and of scratch space. */
async function stream(bytes: number, encryptionKey: ResolvedKey, slow = false) {
  return inDirectory(async (directory) => {
    const [local, offsite] = [
      await openTestStore(directory, 'local'),
      await openTestStore(directory, 'offsite'),
    ];
    const stores = slow ? lagging(local, offsite) : [local, offsite];
    const targets = stores.map((store) => ({ name: store.name, store, key }));
    const work = { zone: 'fra', directory, secret: async () => '' };
    const encryption = await prepareEncryption(encryptionKey, work);
    const peak = { memory: 0, scratch: 0 };
    const watch = setInterval(() => {
      peak.memory = Math.max(peak.memory, process.memoryUsage().rss);
    }, 20);
    try {
      const written = await writeCopies({
        stages: [
          { command: 'head', args: ['-c', String(bytes), '/dev/urandom'] },
          zstdStage,
          encryption.stage,
        ],
        targets,
        stallSeconds: 60,
        signal: new AbortController().signal,
        onProgress: async () => {
          peak.scratch = Math.max(peak.scratch, await sizeBeside(directory, ['local', 'offsite']));
        },
      });
      return { ...peak, written };
    } finally {
      clearInterval(watch);
      await encryption.close();
    }
  });
}

/** Two stores of which the second takes nothing for as long as the first is still given more, up to a bound. */
function lagging(first: Store, second: Store): [Store, Store] {
  let ahead = 0;
  let next = 0;
  const lag = async (taken: number) => {
    if (taken < next) return;
    next = taken + 8 * MB;
    for (let seen = -1; seen < ahead && ahead < taken + 250 * MB; ) {
      seen = ahead;
      await pause(50);
    }
  };
  const watch = async (taken: number) => {
    ahead = taken;
  };
  return [interceptUploads(first, { write: watch }), interceptUploads(second, { write: lag })];
}

/** Bytes of files below a directory, except in the given folders of it. */
async function sizeBeside(directory: string, except: string[]): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const outside = entries.filter(
    (entry) =>
      entry.isFile() && !except.some((folder) => entry.parentPath.startsWith(join(directory, folder))),
  );
  const sizes = outside.map((entry) =>
    stat(join(entry.parentPath, entry.name)).then(
      (facts) => facts.size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

describe('law 3: one pass and bounded memory', () => {
  it('needs no more memory for ten times the data, although one copy is slow, and no scratch file', async () => {
    const { publicKey } = await makeGpgKey('Databases <db@example.org>');
    const encryptionKey: ResolvedKey = {
      kind: 'gpg',
      name: 'databases',
      recipients: [publicKey],
      opens: {},
    };
    const small = await stream(60 * MB, encryptionKey);
    const large = await stream(600 * MB, encryptionKey, true);
    expect(large.written.rawBytes).toBe(600 * MB);
    expect(large.written.outcomes).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
    expect(large.memory - small.memory).toBeLessThan(100 * MB);
    expect(large.scratch).toBeLessThan(1 * MB);
  });
});
