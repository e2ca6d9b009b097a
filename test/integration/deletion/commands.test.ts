import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../tools/servers/index.ts';
import type { BackupRef } from '../../../workflows/contract-verify.ts';
import { holdfast } from '../../support/cli.ts';
import { makeSshKey } from '../../support/keys.ts';
import { type Orchestra, startOrchestra } from '../../support/orchestra.ts';
import { idOf, openVault, type Vault } from '../../support/vault.ts';

let vault: Vault;
let orchestra: Orchestra;
let backups: BackupRef[];

beforeAll(async () => {
  [vault, orchestra] = await Promise.all([
    openVault({ rule: { delay: '0s' } }),
    startOrchestra(['fra', 'ams']),
  ]);
  backups = await vault.fill([1, 2, 3, 4].map((day) => idOf(day)));
});

afterAll(async () => {
  await orchestra?.close();
  await vault?.close();
});

const run = (...args: string[]) =>
  holdfast(args, {
    env: { TEMPORAL_ADDRESS: orchestra.temporal.address, HOLDFAST_POLICY: vault.lab.policyFile },
  });

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json');
  if (stdout === '') throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout);
};

const request = async (backupId: string): Promise<string> => {
  const { workflowId } = await json('deletion', 'request', backupId, '--reason', 'replaced', '--as', 'dba-1');
  return workflowId;
};

const signer = (name: string) => ['--as', name, '--sign-with', vault.keyOf(name)];

describe('holdfast deletion', () => {
  it('asks, shows, approves by two people, deletes, and lists', async () => {
    const [old] = backups;
    const asked = await run(
      'deletion',
      'request',
      old?.backupId ?? '',
      '--reason',
      'replaced',
      '--as',
      'dba-1',
    );
    expect(asked.code).toBe(0);
    expect(asked.stdout).toMatch(/goes +shop\/20261101T010000Z-1a2b3c4d/);
    expect(asked.stdout).toMatch(/it may: the newer 20261104T010000Z-1a2b3c4d is verified/);
    const [id = ''] = /deletion\/\S+(?=:)/.exec(asked.stdout) ?? [];
    expect(asked.stdout).toContain(`holdfast deletion approve ${id} --as NAME --sign-with KEYFILE`);

    const { waiting, exceptions } = await json('report', 'checklist');
    expect(exceptions).toEqual([]);
    expect(waiting).toMatchObject([
      {
        what: `${id}, asked for by dba-1: replaced (0 of 2 approved)`,
        command: `holdfast deletion show ${id}`,
      },
    ]);

    const text = await run('deletion', 'show', id, '--text');
    const { list } = await json('deletion', 'show', id);
    expect(createHash('sha256').update(text.stdout).digest('hex')).toBe(list.sha256);

    const first = await run('deletion', 'approve', id.replace('deletion/', ''), ...signer('dba-2'));
    expect(first).toMatchObject({ code: 0, stdout: 'Approved: 1 of 2.\n' });
    expect(first.stderr).toContain(list.sha256);
    const signed = await run('deletion', 'sign', id, ...signer('dba-3'));
    await orchestra.client.workflow.getHandle(id).signal('approve', JSON.parse(signed.stdout));
    expect(await orchestra.client.workflow.getHandle(id).result()).toMatchObject({ outcome: 'deleted' });

    const shown = await run('deletion', 'show', id);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/removed +shop\/20261101T010000Z-1a2b3c4d in offsite/);
    for (const name of ['local', 'offsite'])
      if (old !== undefined) expect(await vault.left(name, old)).toEqual([]);
    await eventually(async () => {
      const { deletions } = await json('deletion', 'list');
      expect(deletions[0]).toMatchObject({
        workflowId: id,
        status: 'completed',
        phase: 'deleted',
        requester: 'dba-1',
        reason: 'replaced',
        backups: ['shop/20261101T010000Z-1a2b3c4d'],
        approvals: '2 of 2',
      });
    }, 30);
    const late = await run('deletion', 'approve', id, ...signer('dba-2'));
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('It is too late') });
  });

  it('cancels, and says so to those who come after', async () => {
    const id = await request(backups[1]?.backupId ?? '');
    const cancelled = await run('deletion', 'cancel', id, '--as', 'intern-1', '--reason', 'still needed');
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is deleted') });
    await orchestra.client.workflow.getHandle(id).result();
    const late = await run('deletion', 'approve', id, ...signer('dba-2'));
    expect(late).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('intern-1 cancelled it: still needed'),
    });
    const again = await run('deletion', 'cancel', id, '--as', 'intern-1', '--reason', 'x');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('It is too late') });
  });

  it('refuses what breaks law 4 with the sentence, and exits 1', async () => {
    const { code, stderr } = await run(
      ...['deletion', 'request', backups[3]?.backupId ?? '', '--reason', 'x', '--as', 'dba-1'],
    );
    expect(code).toBe(1);
    expect(stderr).toContain('has no newer verified backup');
  });

  it('refuses a wrong key, a stranger, an unknown request and a name that is no backup', async () => {
    const id = await request(backups[1]?.backupId ?? '');
    const foreign = join(vault.lab.directory, 'foreign');
    await writeFile(foreign, (await makeSshKey()).privateKey, { mode: 0o600 });
    for (const [args, sentence, code] of [
      [['approve', id, '--as', 'dba-2', '--sign-with', foreign], 'is not one of dba-2', 1],
      [['approve', id, '--as', 'dba-2', '--sign-with', '/nowhere'], 'could not sign with /nowhere', 1],
      [['approve', id, '--as', 'dba-2'], 'An approval is signed', 2],
      [['approve', id, ...signer('dba-1')], 'asked for this deletion', 1],
      [['approve', id, '--as', 'mallory', '--sign-with', foreign], 'knows no mallory', 2],
      [['approve', 'deletion/none', ...signer('dba-2')], 'There is no request deletion/none', 1],
      [['show', 'none'], 'There is no request none', 1],
      [['request', 'latest', '--reason', 'x', '--as', 'dba-1'], 'does not name a backup', 2],
      [
        ['request', '20200101T000000Z-1a2b3c4d', '--reason', 'x', '--as', 'dba-1'],
        'No repository that could be',
        1,
      ],
    ] as const) {
      const result = await run('deletion', ...args);
      expect(result.stderr).toContain(sentence);
      expect(result.code).toBe(code);
    }
    await run('deletion', 'cancel', id, '--as', 'dba-1', '--reason', 'end of the test');
  });
});
