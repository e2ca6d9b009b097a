import { describe, expect, it } from '@jest/globals';
import { keyOf } from '../../repository/index.ts';
import { openStore } from '../../repository/stores/index.ts';
import { useDeletions } from '../support/deletions.ts';
import { failureOf } from '../support/stage.ts';

const deletions = useDeletions();
const { approved, expectWhole, pair } = deletions;

describe('after the last look', () => {
  it('a hold that is put still stops the copies that are whole', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    deletions.beforeRemoval = async ({ repository }) => {
      if (repository.name === 'offsite')
        await deletions.vault.mark('offsite', old, { kind: 'hold', id: '0a0b0c0d' });
    };
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed-with-exceptions', outcome: 'deleted' });
    expect(result.copies).toMatchObject([
      { repository: 'local', outcome: 'removed' },
      { repository: 'offsite', outcome: 'denied', removed: 0 },
    ]);
    expect(result.exceptions).toEqual([expect.stringContaining('The legal hold 0a0b0c0d was put on it')]);
    expect(await deletions.vault.left('local', old)).toEqual([]);
    expect(await deletions.vault.left('offsite', old)).not.toEqual([]);
  });

  it('a lock that is put keeps that copy whole until its day, which is told', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const until = new Date(Date.now() + 20_000);
    deletions.beforeRemoval = async ({ repository }) => {
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
    expect((await deletions.vault.left('offsite', old)).length).toBeGreaterThanOrEqual(4);
  });
});

describe('a removal that does not go through at once', () => {
  it('is tried again for the keys that failed, and ends as deleted', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const failing = deletions.vault.proxy.add({
      method: 'POST',
      query: { delete: /^/ },
      action: {
        do: 'answer',
        status: 200,
        body: `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
          <Error><Key>a</Key><Code>InternalError</Code><Message>try again</Message></Error></DeleteResult>`,
      },
    });
    const single = deletions.vault.proxy.add({
      method: 'DELETE',
      path: /data-/,
      action: { do: 'answer', status: 403 },
    });
    const result = await handle.result();
    expect(failing.hits()).toBe(1);
    expect(single.hits()).toBe(1);
    expect(result).toMatchObject({ result: 'passed', outcome: 'deleted' });
    expect(await deletions.vault.left('offsite', old)).toEqual([]);
  });

  it('is told when it never goes through, and a later request removes the rest', async () => {
    const [old] = await pair();
    const handle = await approved(old);
    const refused = { do: 'answer', status: 403 } as const;
    deletions.vault.proxy.add({ method: 'POST', query: { delete: /^/ }, times: 1000, action: refused });
    deletions.vault.proxy.add({ method: 'DELETE', path: /data-/, times: 1000, action: refused });
    const result = await handle.result();
    expect(result.result).toBe('passed-with-exceptions');
    expect(result.exceptions).toEqual([expect.stringMatching(/is still in offsite \(failed\)/)]);
    const rest = await deletions.vault.left('offsite', old);
    expect(rest).not.toEqual([]);
    expect(rest.join(' ')).not.toContain('manifest.json ');
    deletions.vault.proxy.clear();
    const again = await approved(old);
    expect(await again.result()).toMatchObject({ result: 'passed', outcome: 'deleted' });
    expect(await deletions.vault.left('offsite', old)).toEqual([]);
  });
});

describe('two deletions at once', () => {
  it('of the same backup do no harm', async () => {
    const [old, newer] = await pair();
    const handles = await Promise.all([approved(old), approved(old)]);
    const ends = await Promise.allSettled(handles.map((handle) => handle.result()));
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const name of ['local', 'offsite']) expect(await deletions.vault.left(name, old)).toEqual([]);
    await expectWhole(newer);
  });

  it('of all backups but the newest leave the newest', async () => {
    const [first, second] = await pair();
    const [third, newest] = await pair();
    const handles = await Promise.all([approved(first, second), approved(second, third)]);
    await Promise.allSettled(handles.map((handle) => handle.result()));
    await expectWhole(newest);
    const greedy = await deletions.vault.request(deletions.skipping.environment.client, [newest]);
    expect((await failureOf(greedy.result())).code).toBe('refused');
  });
});
