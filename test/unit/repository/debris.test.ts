import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HoldfastError } from '../../../policy/errors.ts';
import { backupsOf } from '../../../repository/catalogue.ts';
import { manifestBytes } from '../../../repository/commit.ts';
import { debrisOf, type NamedFiles, needsManifest } from '../../../repository/debris.ts';
import { directoryOf, keyOf } from '../../../repository/layout.ts';
import type { StoredObject } from '../../../repository/store.ts';
import { sweep } from '../../../repository/sweep.ts';
import { inDirectory } from '../../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../../support/manifests.ts';
import { openTestStore } from '../../support/stores.ts';

const now = new Date('2026-12-01T00:00:00Z');
const grace = 86_400;
const name = { source: 'shop', backupId: '20261121T010000Z-1a2b3c4d' };
const directory = directoryOf(name);
const object = (file: string, ageSeconds: number, bytes = 4): StoredObject => ({
  key: keyOf(name, file),
  bytes,
  modifiedAt: new Date(now.getTime() - ageSeconds * 1000),
});
const decide = (objects: StoredObject[], named?: NamedFiles) =>
  debrisOf(backupsOf(objects), new Map(named === undefined ? [] : [[directory, named]]), now, grace);

const counted = 'data-0a1b2c.dump.zst.gpg';
const other = 'data-ffffff.dump.zst.gpg';

describe('debris', () => {
  it('is what no manifest makes a backup, once it is old', () => {
    const { debris, kept } = decide([object(counted, 2 * grace), object('RESTORE.md', 2 * grace)]);
    expect(debris.map(({ key }) => key)).toEqual([`${directory}${counted}`, `${directory}RESTORE.md`]);
    expect(kept).toEqual([]);
  });

  it('is nothing while the newest file is young', () => {
    const { debris, kept } = decide([object(counted, 2 * grace), object('globals-0a1b2c.sql', 10)]);
    expect(debris).toEqual([]);
    expect(kept).toMatchObject([{ key: directory, why: expect.stringContaining('still being made') }]);
  });

  it('is the data of attempts that the manifest does not name', () => {
    const objects = [
      object(counted, 2 * grace),
      object(other, 2 * grace),
      object('manifest.json', 2 * grace),
    ];
    expect(decide(objects, new Map([[counted, 4]])).debris.map(({ key }) => key)).toEqual([
      directory + other,
    ]);
  });

  it.each([
    ['the manifest could not be read', null, 'be read'],
    ['a named file is missing', new Map([['data-eeeeee.dump.zst.gpg', 4]]), 'lacks files'],
    ['a named file has another size', new Map([[counted, 5]]), 'lacks files'],
  ])('is nothing beside a manifest when %s', (_, named, why) => {
    const objects = [
      object(counted, 2 * grace),
      object(other, 2 * grace),
      object('manifest.json', 2 * grace),
    ];
    const { debris, kept } = decide(objects, named);
    expect(debris).toEqual([]);
    expect(kept).toMatchObject([{ key: directory, why: expect.stringContaining(why) }]);
  });

  it('is nothing where markers say that there was a backup', () => {
    const objects = [object(counted, 2 * grace), object('tested.20261122T000000Z.passed.json', 2 * grace)];
    expect(decide(objects)).toMatchObject({ debris: [], kept: [{ key: directory }] });
  });

  it('is never what Holdfast did not write', () => {
    const { debris, kept } = decide([object(counted, 2 * grace), object('notes.txt', 2 * grace)]);
    expect(debris).toHaveLength(1);
    expect(kept).toMatchObject([{ key: `${directory}notes.txt` }]);
  });

  it('is never under a manifest, whatever else lies about, however old', () => {
    const files = fc.uniqueArray(
      fc.constantFrom(counted, other, 'globals-0a1b2c.sql.zst.gpg', 'fingerprint-123456.json', 'x.txt'),
      { minLength: 1 },
    );
    const ages = fc.integer({ min: -grace, max: 10 * grace });
    fc.assert(
      fc.property(files, fc.nat(5), ages, fc.option(fc.constant(null)), (present, count, age, unreadable) => {
        const objects = [...present.map((file) => object(file, age)), object('manifest.json', age)];
        const named =
          unreadable === null
            ? new Map<string, number>(present.slice(0, count).map((file) => [file, 4]))
            : null;
        const { debris } = decide(objects, named);
        for (const { key } of debris) {
          const file = key.slice(directory.length);
          expect(named?.has(file)).toBe(false);
          expect(file).toMatch(/^(data|globals|fingerprint)-/);
          expect(age).toBeGreaterThan(grace);
        }
      }),
    );
  });

  it('asks for a manifest only where several attempts left data', () => {
    const [one] = backupsOf([
      object(counted, 0),
      object('globals-0a1b2c.sql', 0),
      object('manifest.json', 0),
    ]);
    const [two] = backupsOf([object(counted, 0), object(other, 0), object('manifest.json', 0)]);
    expect([one, two].map((backup) => backup && needsManifest(backup))).toEqual([false, true]);
  });
});

describe('a sweep', () => {
  const later = () => new Date(Date.now() + 2 * grace * 1000);
  const options = { graceSeconds: grace, dryRun: false };

  const prepared = async (path: string) => {
    const store = await openTestStore(path, 'local');
    const manifest = manifestOf();
    const abandoned = { source: 'shop', backupId: '20261122T010000Z-00000003' };
    await store.putIfAbsent('_policy/a.yaml', Buffer.from('x'));
    await store.putIfAbsent(keyOf(manifest, counted), manifestFileBytes);
    await store.putIfAbsent(keyOf(manifest, other), Buffer.from('half'));
    await store.putIfAbsent(keyOf(manifest, 'manifest.json'), manifestBytes(manifest));
    await store.putIfAbsent(keyOf(abandoned, counted), Buffer.from('half'));
    return { store, debris: [keyOf(manifest, other), keyOf(abandoned, counted)] };
  };
  const keysOf = async (store: { list(prefix: string): Promise<StoredObject[]> }) =>
    (await store.list('')).map(({ key }) => key);

  it('removes debris and nothing else, once', () =>
    inDirectory(async (path) => {
      const { store, debris } = await prepared(path);
      const before = await keysOf(store);
      expect(await sweep(store, { ...options, now: later() })).toMatchObject({ removed: debris, kept: [] });
      expect(await keysOf(store)).toEqual(before.filter((key) => !debris.includes(key)));
      expect(await sweep(store, { ...options, now: later() })).toMatchObject({ removed: [], kept: [] });
    }));

  it('removes nothing that is young, and nothing when it only looks', () =>
    inDirectory(async (path) => {
      const { store, debris } = await prepared(path);
      const before = await keysOf(store);
      expect((await sweep(store, options)).removed).toEqual([]);
      expect((await sweep(store, { ...options, dryRun: true, now: later() })).removed).toEqual(debris);
      expect(await keysOf(store)).toEqual(before);
    }));

  it('tells what it may not delete, and goes on', () =>
    inDirectory(async (path) => {
      const { store, debris } = await prepared(path);
      const locked = new HoldfastError('access-denied', 'It is locked until 2027-01-01.');
      const [first] = debris;
      const partly = new Proxy(store, {
        get(target, property) {
          if (property === 'remove')
            return (key: string) => (key === first ? Promise.reject(locked) : target.remove(key));
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      expect(await sweep(partly, { ...options, now: later() })).toMatchObject({
        removed: debris.slice(1),
        kept: [{ key: first, why: 'It is locked until 2027-01-01.' }],
      });
    }));

  it('leaves a backup that is committed while it looks', () =>
    inDirectory(async (path) => {
      const { store, debris } = await prepared(path);
      const manifest = manifestOf({ backupId: '20261122T010000Z-00000003' });
      const racing = new Proxy(store, {
        get(target, property) {
          if (property === 'list')
            return async (prefix: string) => {
              const listed = await target.list(prefix);
              await target.putIfAbsent(keyOf(manifest, 'manifest.json'), manifestBytes(manifest));
              return listed;
            };
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const outcome = await sweep(racing, { ...options, now: later() });
      expect(outcome.removed).toEqual(debris.slice(0, 1));
      expect(outcome.kept).toMatchObject([{ why: 'Its backup was committed meanwhile.' }]);
    }));
});
