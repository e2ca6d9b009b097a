import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackupRef } from '../../../workflows/contract-verify.ts';
import { openSkipping, type Skipping } from '../../support/skipping.ts';
import { failureOf } from '../../support/stage.ts';
import { approve, cancel, idOf, openVault, reaching, stateOf, type Vault } from '../../support/vault.ts';

const hour = 3600;
const day = 24 * hour;

let vault: Vault;
let skipping: Skipping;

beforeAll(async () => {
  [vault, skipping] = await Promise.all([openVault(), openSkipping(['fra', 'ams'])]);
});

afterAll(async () => {
  await skipping?.close();
  await vault?.close();
});

type Deletion = Awaited<ReturnType<Vault['request']>>;

const request = (...args: Parameters<Vault['request']> extends [unknown, ...infer Rest] ? Rest : never) =>
  vault.request(skipping.environment.client, ...args);

/** Two backups of the vault's own days, of which the first may go. */
let nextDay = 1;
async function oldBackup(): Promise<BackupRef> {
  const [old] = await vault.fill([idOf(nextDay), idOf(nextDay + 1)]);
  nextDay += 2;
  if (old === undefined) throw new Error('no backup was made');
  return old;
}

async function approveTwice(handle: Deletion): Promise<void> {
  const state = await reaching(handle, 'waiting for approvals');
  for (const name of ['dba-2', 'dba-3'])
    expect((await approve(handle, await vault.approval(name, state))).outcome).toBe('approved');
}

describe('a deletion', () => {
  it('happens after two approvals and the delay, in every copy and version, and is recorded', async () => {
    const old = await oldBackup();
    const handle = await request([old]);
    const asked = await reaching(handle, 'waiting for approvals');
    expect(asked.list?.items).toMatchObject([
      {
        backup: old,
        copies: [
          { repository: 'local', files: 4 },
          { repository: 'offsite', files: 4 },
        ],
      },
    ]);
    await approveTwice(handle);
    const waiting = await reaching(handle, 'waiting out the delay');
    await skipping.environment.sleep((day - hour) * 1000);
    expect((await stateOf(handle)).phase).toBe('waiting out the delay');
    expect(await vault.left('local', old)).not.toEqual([]);
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'passed', outcome: 'deleted', exceptions: [] });
    expect(await skipping.environment.currentTimeMs()).toBeGreaterThanOrEqual(Date.parse(waiting.due ?? ''));
    for (const name of ['local', 'offsite']) expect(await vault.left(name, old)).toEqual([]);
    expect((await vault.audited()).map(({ action, person }) => `${action} ${person}`)).toEqual([
      'deletion.requested dba-1',
      'deletion.approved dba-2',
      'deletion.approved dba-3',
      'deletion.begun dba-1',
      'deletion.done dba-1',
    ]);
  });

  it('ends as expired without enough approvals, and nothing is deleted', async () => {
    const old = await oldBackup();
    const handle = await request([old]);
    const state = await reaching(handle, 'waiting for approvals');
    await approve(handle, await vault.approval('dba-2', state));
    const result = await handle.result();
    expect(result).toMatchObject({ result: 'aborted', outcome: 'expired' });
    expect(result.exceptions).toEqual([expect.stringContaining('1 of 2')]);
    expect(await vault.left('local', old)).not.toEqual([]);
  });

  it('can be cancelled in the delay by anyone of the policy', async () => {
    const old = await oldBackup();
    const handle = await request([old]);
    await approveTwice(handle);
    await skipping.environment.sleep(hour * 1000);
    expect(await cancel(handle, { by: 'intern-1', reason: 'still needed' })).toMatchObject({
      outcome: 'cancelled',
    });
    expect(await handle.result()).toMatchObject({ result: 'aborted', outcome: 'cancelled' });
    expect(await vault.left('local', old)).not.toEqual([]);
  });

  it('is refused when a hold was put during the delay', async () => {
    const old = await oldBackup();
    const handle = await request([old]);
    await approveTwice(handle);
    await reaching(handle, 'waiting out the delay');
    await vault.mark('local', old, { kind: 'hold', id: '0a0b0c0d' });
    expect(await failureOf(handle.result())).toEqual({
      code: 'refused',
      sentence: expect.stringContaining('under the legal hold 0a0b0c0d'),
    });
    expect(await vault.left('offsite', old)).not.toEqual([]);
  });
});
