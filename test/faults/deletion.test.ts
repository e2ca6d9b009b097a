import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { keyOf } from '../../repository/index.ts';
import { removeCopy, withDeleteCredentials } from '../../repository/removal.ts';
import { openStore } from '../../repository/stores/index.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { useDeletions } from '../support/deletions.ts';
import { failureOf } from '../support/stage.ts';
import { stateOf } from '../support/vault.ts';

const deletions = useDeletions();
const { approved, expectWhole, pair } = deletions;

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

const audited = async (backup: BackupRef) =>
  (await deletions.vault.audited())
    .filter(({ subject }) => subject.endsWith(backup.backupId))
    .map(({ action }) => action);

/** Law 4's two sentences: something older would be left, or nothing at all. */
const nothingNewer = /has no newer verified backup|is the last verified backup/;

describe('when the day comes, a backup', () => {
  it('that a restore is reading stays', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    await deletions.vault.mark('offsite', old, { kind: 'reading', until: inAnHour(), id: '0a0b0c0d' });
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
    await deletions.vault.mark('offsite', old, { kind: 'reading', until: inAnHour(), id: '0a0b0c0d' });
    await deletions.vault.mark('offsite', old, { kind: 'read', id: '0a0b0c0d' });
    expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
  });

  it('that another one needs by now stays', async () => {
    const [old, newer] = await pair();
    const handle = await approved(old);
    await deletions.vault.mark('local', newer, { kind: 'needs', backupId: old.backupId });
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
      await deletions.vault.mark(name, newer, { kind: 'tested', at, result: 'failed' });
    expect((await failureOf(handle.result())).sentence).toMatch(nothingNewer);
    await expectWhole(old);
  });

  it('of which a copy was made that nobody approved stays', async () => {
    const [old] = await pair(['local']);
    const handle = await approved(old);
    await deletions.vault.fill([old.backupId], ['offsite']);
    expect((await failureOf(handle.result())).sentence).toContain('a copy in offsite that was not approved');
    await expectWhole(old);
  });

  it('stays while the audit log can not be written', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const place = join(deletions.vault.lab.directory, 'repositories', 'audit');
    await rename(place, `${place}-away`);
    const failure = await failureOf(handle.result()).finally(() => rename(`${place}-away`, place));
    expect(failure.sentence).toContain('The audit log could not be written');
    await expectWhole(old);
  });
});

async function removeByHand(name: string, backup: BackupRef): Promise<void> {
  const store = await openStore(withDeleteCredentials(deletions.vault.repository(name)));
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
    const rule = deletions.vault.proxy.add({ times: 3, action: { do: 'answer', status: 403 } });
    expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
    expect(rule.hits()).toBe(3);
    for (const name of ['local', 'offsite']) expect(await deletions.vault.left(name, old)).toEqual([]);
  });

  it('stops it when it stays away for an hour', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    deletions.vault.proxy.add({ times: 100_000, action: { do: 'answer', status: 403 } });
    expect((await failureOf(handle.result())).sentence).toContain("offsite can't be read");
    deletions.vault.proxy.clear();
    await expectWhole(old);
  });
});

describe('a locked copy', () => {
  it('refuses the request with its day, and nothing is scheduled', async () => {
    const [old] = await pair();
    const repository = deletions.vault.repository('offsite');
    if (repository.kind !== 's3') throw new Error('offsite is a bucket');
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 20_000);
    const store = await openStore({ ...repository, lock: { mode: 'governance', for: 1 } });
    await store.extendLock(keyOf(old, 'manifest.json'), until);
    store.close();
    const handle = await deletions.vault.request(deletions.skipping.environment.client, [old]);
    expect(await failureOf(handle.result())).toEqual({
      code: 'refused',
      sentence: expect.stringContaining(`in offsite is locked until ${until.toISOString()}`),
    });
    expect((await stateOf(handle)).list).toBeNull();
  });

  it('that can not be asked for counts as locked', async () => {
    const [old] = await pair();
    deletions.vault.proxy.add({
      method: 'GET',
      query: { retention: /.*/ },
      times: 1000,
      action: { do: 'answer', status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    });
    const handle = await deletions.vault.request(deletions.skipping.environment.client, [old]);
    expect((await failureOf(handle.result())).sentence).toContain("It can't be asked whether");
    await expectWhole(old);
  });
});
