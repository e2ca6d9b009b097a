import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { RemoveCopyInput } from '../../activities/deletion-types.ts';
import type { CopyRemoval } from '../../workflows/contract-deletion.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { openSkipping, type Skipping } from './skipping.ts';
import { approve, type Deletion, idOf, openVault, reaching, type Vault } from './vault.ts';

/** A vault, and a Temporal on which a day passes at once. */
export type Deletions = {
  readonly vault: Vault;
  readonly skipping: Skipping;
  /** What a test does just before a copy is removed. */
  beforeRemoval: ((input: RemoveCopyInput) => Promise<void>) | null;
  /** A backup that may go, and a newer one of the test's own; in the order of their days. */
  pair(older?: string[]): Promise<[BackupRef, BackupRef]>;
  /** A request that has its approvals, and is in its delay. */
  approved(...backups: BackupRef[]): Promise<Deletion>;
  expectWhole(backup: BackupRef): Promise<void>;
};

/** Opens them before the tests of the file that calls it, and closes them after. */
export function useDeletions(): Deletions {
  let vault: Vault;
  let skipping: Skipping;
  let nextDay = 1;
  beforeAll(async () => {
    [vault, skipping] = await Promise.all([
      openVault(),
      openSkipping(['fra', 'ams'], (real) => ({
        removeBackupCopy: async (input): Promise<CopyRemoval> => {
          await deletions.beforeRemoval?.(input);
          return real.removeBackupCopy(input);
        },
      })),
    ]);
  });
  afterEach(() => {
    deletions.beforeRemoval = null;
    vault.proxy.clear();
  });
  afterAll(async () => {
    await skipping?.close();
    await vault?.close();
  });
  const deletions: Deletions = {
    get vault() {
      return vault;
    },
    get skipping() {
      return skipping;
    },
    beforeRemoval: null,
    async pair(older) {
      const [old] = await vault.fill([idOf(nextDay)], older);
      const [newer] = await vault.fill([idOf(nextDay + 1)]);
      nextDay += 2;
      if (old === undefined || newer === undefined) throw new Error('no backups were made');
      return [old, newer];
    },
    async approved(...backups) {
      const handle = await vault.request(skipping.environment.client, backups);
      const state = await reaching(handle, 'waiting for approvals');
      for (const name of ['dba-2', 'dba-3']) await approve(handle, await vault.approval(name, state));
      await reaching(handle, 'waiting out the delay');
      return handle;
    },
    async expectWhole(backup) {
      for (const name of ['local', 'offsite'])
        expect((await vault.left(name, backup)).map((file) => file.split(' ')[0])).toEqual(
          expect.arrayContaining([
            'RESTORE.md',
            'data-0a1b2c.dump.zst.gpg',
            'manifest.json',
            'manifest.json.sig',
          ]),
        );
    },
  };
  return deletions;
}
