import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { directoryOf } from '../../../repository/layout.ts';
import { removeCopy } from '../../../repository/removal.ts';
import { sweep } from '../../../repository/sweep.ts';
import {
  backup,
  directory,
  files,
  killedAfter,
  marker,
  neighbour,
  run,
  withBackup,
} from '../../support/copy-to-remove.ts';
import { codeOf, keys } from '../../support/store-access.ts';
import { changed } from '../../support/stores.ts';

describe('the removal of a copy', () => {
  it.each(Array.from({ length: files.length + 2 }, (_, changes) => changes))(
    'killed after %i changes is either a whole backup or a removal to finish, and is finished',
    async (changes) => {
      await withBackup(async (store) => {
        const killed = removeCopy(killedAfter(store, changes), backup, run);
        expect(await codeOf(killed)).toBe(changes < files.length + 2 ? 'interrupted' : 'none');
        const left = (await keys(store, directory)).map((key) => key.slice(directory.length));
        if (left.includes('manifest.json')) expect(left).toEqual(expect.arrayContaining(files));
        else if (left.length > 0) expect(left).toContain(`deleting.${run}.json`);
        const other = await removeCopy(store, backup, 'ffffffff');
        expect(other).toMatchObject({ outcome: 'removed', sentences: [] });
        expect(await keys(store, directory)).toEqual([]);
      });
    },
  );

  it.each([2, 4, files.length + 1])('killed after %i changes is finished by a sweep', async (changes) => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, changes), backup, run));
      const left = await keys(store, directory);
      const dry = await sweep(store, { graceSeconds: 86_400, dryRun: true });
      expect([...dry.removed].sort()).toEqual(left);
      expect(await keys(store, directory)).toEqual(left);
      const swept = await sweep(store, { graceSeconds: 86_400, dryRun: false });
      expect([...swept.removed].sort()).toEqual(left);
      expect(await keys(store, directory)).toEqual([]);
      expect(await keys(store, directoryOf(neighbour))).toHaveLength(files.length);
    });
  });

  it('that has begun under a whole manifest is nothing for a sweep', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 1), backup, run));
      expect(await keys(store, directory)).toContain(marker);
      const swept = await sweep(store, { graceSeconds: 0, dryRun: false });
      expect(swept.removed).toEqual([]);
      expect(await keys(store, directory)).toHaveLength(files.length + 1);
    });
  });

  it('is told by a sweep that may not finish it, which keeps what is left', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 2), backup, run));
      const denied = async () => {
        throw new HoldfastError('access-denied', 'These credentials may not.');
      };
      const swept = await sweep(store, { graceSeconds: 0, dryRun: false, removing: denied });
      expect(swept.removed).toEqual([]);
      expect(swept.kept).toEqual([{ key: directory, why: 'These credentials may not.' }]);
      const lost = async () => {
        throw new HoldfastError('unreachable', 'No connection.');
      };
      const failing = sweep(store, { graceSeconds: 0, dryRun: false, removing: lost });
      expect(await codeOf(failing)).toBe('unreachable');
    });
  });

  it('that finds the rest locked meanwhile is incomplete, with the day', async () => {
    await withBackup(async (store) => {
      await codeOf(removeCopy(killedAfter(store, 2), backup, run));
      const until = new Date(Date.now() + 1e8);
      const locked = changed(store, { lockOf: async () => ({ until, legalHold: false }) });
      expect(await removeCopy(locked, backup, run)).toMatchObject({
        outcome: 'incomplete',
        lockedUntil: until.toISOString(),
        removed: 0,
      });
    });
  });
});
