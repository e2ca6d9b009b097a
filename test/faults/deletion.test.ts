import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RemoveCopyInput } from '../../activities/deletion-types.ts';
import { keyOf } from '../../repository/index.ts';
import { removeCopy, withDeleteCredentials } from '../../repository/removal.ts';
import { openStore } from '../../repository/stores/index.ts';
import type { BackupRef } from '../../workflows/contract.ts';
import type { CopyRemoval } from '../../workflows/contract-deletion.ts';
import { openSkipping, type Skipping } from '../support/skipping.ts';
import { failureOf } from '../support/stage.ts';
import { approve, type Deletion, idOf, openVault, reaching, stateOf, type Vault } from '../support/vault.ts';

let vault: Vault;
let skipping: Skipping;
/** What a test does just before a copy is removed. */
let beforeRemoval: ((input: RemoveCopyInput) => Promise<void>) | null = null;

beforeAll(async () => {
  [vault, skipping] = await Promise.all([
    openVault(),
    openSkipping(['fra', 'ams'], (real) => ({
      removeBackupCopy: async (input): Promise<CopyRemoval> => {
        await beforeRemoval?.(input);
        return real.removeBackupCopy(input);
      },
    })),
  ]);
});

afterEach(() => {
  beforeRemoval = null;
  vault.proxy.clear();
});

afterAll(async () => {
  await skipping?.close();
  await vault?.close();
});

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** A backup that may go, and a newer one of the test's own. */
let nextDay = 1;
async function pair(): Promise<[BackupRef, BackupRef]> {
  const [old, newer] = await vault.fill([idOf(nextDay), idOf(nextDay + 1)]);
  nextDay += 2;
  if (old === undefined || newer === undefined) throw new Error('no backups were made');
  return [old, newer];
}

/** A request that has its approvals, and is in its delay. */
async function approved(...backups: BackupRef[]): Promise<Deletion> {
  const handle = await vault.request(skipping.environment.client, backups);
  const state = await reaching(handle, 'waiting for approvals');
  for (const name of ['dba-2', 'dba-3']) await approve(handle, await vault.approval(name, state));
  await reaching(handle, 'waiting out the delay');
  return handle;
}

const audited = async (backup: BackupRef) =>
  (await vault.audited())
    .filter(({ subject }) => subject.endsWith(backup.backupId))
    .map(({ action }) => action);

async function expectWhole(backup: BackupRef): Promise<void> {
  for (const name of ['local', 'offsite'])
    expect((await vault.left(name, backup)).map((file) => file.split(' ')[0])).toEqual(
      expect.arrayContaining([
        'RESTORE.md',
        'data-0a1b2c.dump.zst.gpg',
        'manifest.json',
        'manifest.json.sig',
      ]),
    );
}

/** Law 4's two sentences: something older would be left, or nothing at all. */
const nothingNewer = /has no newer verified backup|is the last verified backup/;

describe('when the day comes, a backup', () => {
  it('that a restore is reading stays', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    await vault.mark('offsite', old, { kind: 'reading', until: inAnHour(), id: '0a0b0c0d' });
    expect(await failureOf(handle.result())).toEqual({
      code: 'refused',
      sentence: expect.stringContaining('is being read by a restore'),
    });
    await expectWhole(old);
    expect(await audited(old)).not.toContain('deletion.begun');
    expect((await audited(old)).at(-1)).toBe('deletion.refused');
  });

  it('that was read, and is no more, goes', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    await vault.mark('offsite', old, { kind: 'reading', until: inAnHour(), id: '0a0b0c0d' });
    await vault.mark('offsite', old, { kind: 'read', id: '0a0b0c0d' });
    expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
  });

  it('that another one needs by now stays', async () => {
    const [old, newer] = await pair();
    const handle = await approved(old);
    await vault.mark('local', newer, { kind: 'needs', backupId: old.backupId });
    expect((await failureOf(handle.result())).sentence).toContain(`is needed by ${newer.backupId}`);
    await expectWhole(old);
  });

  it('whose newer one is gone stays', async () => {
    const [old, newer] = await pair();
    const handle = await approved(old);
    for (const name of ['local', 'offsite']) await removeByHand(name, newer);
    expect((await failureOf(handle.result())).sentence).toMatch(nothingNewer);
    await expectWhole(old);
  });

  it('whose newer one failed its restore test stays', async () => {
    const [old, newer] = await pair();
    const handle = await approved(old);
    const at = '2026-11-21T12:00:00.000Z';
    for (const name of ['local', 'offsite'])
      await vault.mark(name, newer, { kind: 'tested', at, result: 'failed' });
    expect((await failureOf(handle.result())).sentence).toMatch(nothingNewer);
    await expectWhole(old);
  });

  it('of which a copy was made that nobody approved stays', async () => {
    const [first] = await pair();
    const [, latest] = await pair();
    const [old] = await vault.fill([idOf(nextDay)], ['local']);
    const [newer] = await vault.fill([idOf(nextDay + 1)]);
    nextDay += 2;
    if (old === undefined) throw new Error('no backup was made');
    const handle = await approved(old);
    await vault.fill([old.backupId], ['offsite']);
    expect((await failureOf(handle.result())).sentence).toContain('a copy in offsite that was not approved');
    await expectWhole(old);
    expect([first, latest, newer]).not.toContain(undefined);
  });

  it('stays while the audit log can not be written', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const place = join(vault.lab.directory, 'repositories', 'audit');
    await rename(place, `${place}-away`);
    const failure = await failureOf(handle.result()).finally(() => rename(`${place}-away`, place));
    expect(failure.sentence).toContain('The audit log could not be written');
    await expectWhole(old);
  });
});

async function removeByHand(name: string, backup: BackupRef): Promise<void> {
  const store = await openStore(withDeleteCredentials(vault.repository(name)));
  try {
    expect((await removeCopy(store, backup, '0a0b0c0d')).outcome).toBe('removed');
  } finally {
    store.close();
  }
}

describe('a repository that is away when the day comes', () => {
  it('is asked again, and what was approved then goes', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const rule = vault.proxy.add({ times: 3, action: { do: 'answer', status: 403 } });
    expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
    expect(rule.hits()).toBe(3);
    for (const name of ['local', 'offsite']) expect(await vault.left(name, old)).toEqual([]);
  });

  it('stops it when it stays away for an hour', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    vault.proxy.add({ times: 100_000, action: { do: 'answer', status: 403 } });
    expect((await failureOf(handle.result())).sentence).toContain("offsite can't be read");
    vault.proxy.clear();
    await expectWhole(old);
  });
});

describe('after the last look', () => {
  it('a hold that is put still stops the copies that are whole', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    beforeRemoval = async ({ repository }) => {
      if (repository.name === 'offsite') await vault.mark('offsite', old, { kind: 'hold', id: '0a0b0c0d' });
    };
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed-with-exceptions', outcome: 'deleted' });
    expect(result.copies).toMatchObject([
      { repository: 'local', outcome: 'removed' },
      { repository: 'offsite', outcome: 'denied', removed: 0 },
    ]);
    expect(result.exceptions).toEqual([expect.stringContaining('The legal hold 0a0b0c0d was put on it')]);
    expect(await vault.left('local', old)).toEqual([]);
    expect(await vault.left('offsite', old)).not.toEqual([]);
  });

  it('a lock that is put keeps that copy whole until its day, which is told', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const until = new Date(Date.now() + 20_000);
    beforeRemoval = async ({ repository }) => {
      if (repository.kind !== 's3') return;
      const store = await openStore({ ...repository, lock: { mode: 'governance', for: 1 } });
      await store.extendLock(keyOf(old, 'data-0a1b2c.dump.zst.gpg'), until);
      store.close();
    };
    const result = await handle.result();
    expect(result.copies).toMatchObject([
      { repository: 'local', outcome: 'removed' },
      { repository: 'offsite', outcome: 'locked', removed: 0, lockedUntil: expect.any(String) },
    ]);
    expect(result.exceptions).toEqual([expect.stringContaining('locked until')]);
    expect((await vault.left('offsite', old)).length).toBeGreaterThanOrEqual(4);
  });
});

describe('a locked copy', () => {
  it('refuses the request with its day, and nothing is scheduled', async () => {
    const [old] = await pair();
    const repository = vault.repository('offsite');
    if (repository.kind !== 's3') throw new Error('offsite is a bucket');
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 20_000);
    const store = await openStore({ ...repository, lock: { mode: 'governance', for: 1 } });
    await store.extendLock(keyOf(old, 'manifest.json'), until);
    store.close();
    const handle = await vault.request(skipping.environment.client, [old]);
    expect(await failureOf(handle.result())).toEqual({
      code: 'refused',
      sentence: expect.stringContaining(`in offsite is locked until ${until.toISOString()}`),
    });
    expect((await stateOf(handle)).list).toBeNull();
  });

  it('that can not be asked for counts as locked', async () => {
    const [old] = await pair();
    vault.proxy.add({
      method: 'GET',
      query: { retention: /.*/ },
      times: 1000,
      action: { do: 'answer', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    });
    const handle = await vault.request(skipping.environment.client, [old]);
    expect((await failureOf(handle.result())).sentence).toContain("It can't be asked whether");
    await expectWhole(old);
  });
});

describe('a removal that does not go through at once', () => {
  it('is tried again for the keys that failed, and ends as deleted', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const failing = vault.proxy.add({
      method: 'POST',
      query: { delete: /^/ },
      action: {
        do: 'answer',
        status: 200,
        body: `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          <Error><Key>a</Key><Code>InternalError</Code><Message>try again</Message></Error></DeleteResult>`,
      },
    });
    const single = vault.proxy.add({
      method: 'DELETE',
      path: /data-/,
      action: { do: 'answer', status: 403 },
    });
    const result = await handle.result();
    expect(failing.hits()).toBe(1);
    expect(single.hits()).toBe(1);
    expect(result).toMatchObject({ result: 'passed', outcome: 'deleted' });
    expect(await vault.left('offsite', old)).toEqual([]);
  });

  it('is told when it never goes through, and a later request removes the rest', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const refused = { do: 'answer', status: 403 } as const;
    vault.proxy.add({ method: 'POST', query: { delete: /^/ }, times: 1000, action: refused });
    vault.proxy.add({ method: 'DELETE', path: /data-/, times: 1000, action: refused });
    const result = await handle.result();
    expect(result.result).toBe('passed-with-exceptions');
    expect(result.exceptions).toEqual([expect.stringMatching(/is still in offsite \(failed\)/)]);
    const rest = await vault.left('offsite', old);
    expect(rest).not.toEqual([]);
    expect(rest.join(' ')).not.toContain('manifest.json ');
    vault.proxy.clear();
    const again = await approved(old);
    expect(await again.result()).toMatchObject({ result: 'passed', outcome: 'deleted' });
    expect(await vault.left('offsite', old)).toEqual([]);
  });
});

describe('two deletions at once', () => {
  it('of the same backup do no harm', async () => {
    const [old, newer] = await pair();
    const handles = await Promise.all([approved(old), approved(old)]);
    const ends = await Promise.allSettled(handles.map((handle) => handle.result()));
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const name of ['local', 'offsite']) expect(await vault.left(name, old)).toEqual([]);
    await expectWhole(newer);
  });

  it('of all backups but the newest leave the newest', async () => {
    const [first, second] = await pair();
    const [third, newest] = await pair();
    const handles = await Promise.all([approved(first, second), approved(second, third)]);
    await Promise.allSettled(handles.map((handle) => handle.result()));
    await expectWhole(newest);
    const greedy = await vault.request(skipping.environment.client, [newest]);
    expect((await failureOf(greedy.result())).code).toBe('refused');
  });
});
