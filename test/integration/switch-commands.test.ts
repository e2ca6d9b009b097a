import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';
import { type Live, openLive } from '../support/live.ts';

describe('holdfast restore --switch-into and holdfast switch', () => {
  let live: Live;

  beforeAll(async () => {
    live = await openLive();
  });

  afterAll(async () => {
    await live?.close();
  });

  const run = (...args: string[]) =>
    holdfast(args, {
      env: {
        TEMPORAL_ADDRESS: live.stage.orchestra.temporal.address,
        HOLDFAST_POLICY: live.stage.lab.policyFile,
      },
    });
  const signer = (name: string) => ['--as', name, '--sign-with', live.keyOf(name)];
  const asking = [
    'restore',
    'latest:shop-daily',
    '--switch-into',
    '--as',
    'dba-1',
    '--reason',
    'rows are gone',
  ];
  const idIn = (text: string): string => /switch\/\S+(?=:)/.exec(text)?.[0] ?? '';

  it('asks, shows, refuses, approves, switches, and says how to go back', async () => {
    const asked = await run(...asking);
    expect(asked).toMatchObject({ code: 0 });
    const id = idIn(asked.stdout);
    expect(asked.stdout).toContain('waiting for approvals');
    expect(asked.stdout).toMatch(/becomes +shop\/\S+ from local: 100 rows in 1 table/);
    expect(asked.stdout).toContain(`holdfast switch approve ${id} --as NAME --sign-with KEYFILE`);

    const { waiting } = JSON.parse((await run('report', 'checklist', '--json')).stdout);
    expect(waiting).toMatchObject([
      {
        what: `${id}, asked for by dba-1: rows are gone (0 of 1 approved)`,
        command: `holdfast switch show ${id}`,
      },
    ]);

    const { stdout: text } = await run('switch', 'show', id, '--text');
    const { hash } = JSON.parse((await run('switch', 'show', id, '--json')).stdout);
    expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
    expect(text).toContain('reason: rows are gone');

    const own = await run('switch', 'approve', id, ...signer('dba-1'));
    expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining('asked for this switch') });
    const unsigned = await run('switch', 'approve', id, '--as', 'dba-2');
    expect(unsigned).toMatchObject({ code: 2, stderr: expect.stringContaining('An approval is signed') });
    const signed = await run('switch', 'sign', id.replace('switch/', ''), ...signer('dba-2'));
    expect(JSON.parse(signed.stdout)).toMatchObject({ by: 'dba-2', hash });

    const approved = await run('switch', 'approve', id.replace('switch/', ''), ...signer('dba-2'));
    expect(approved).toMatchObject({ code: 0, stdout: expect.stringContaining('the switch begins') });
    expect(approved.stderr).toContain(hash);
    const result = await live.stage.orchestra.client.workflow.getHandle(id).result();
    expect(result).toMatchObject({ result: 'passed-with-exceptions', keptAs: expect.any(String) });
    expect(await live.orders()).toBe(100);

    const shown = await run('switch', 'show', id);
    expect(shown.stdout).toContain('alter database "shop" rename to');
    const late = await run('switch', 'cancel', id, '--as', 'dba-3', '--reason', 'too late');
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('It is too late') });
    const listed = JSON.parse((await run('switch', 'list', '--json')).stdout);
    expect(listed.switches).toMatchObject([
      { workflowId: id, phase: 'done', requester: 'dba-1', approvals: '1 of 1' },
    ]);
  });

  it('is cancelled by anybody, with its scratch database and the alert that it waits', async () => {
    const id = idIn((await run(...asking)).stdout);
    const alerts = async () => JSON.parse((await run('alerts', 'list', '--json')).stdout);
    await eventually(async () => {
      const { open } = await alerts();
      expect(open).toMatchObject([
        { kind: 'approval-asked', subject: id, sentence: expect.stringContaining('switch approve') },
      ]);
    }, 30);
    const cancelled = await run('switch', 'cancel', id, '--as', 'intern-1', '--reason', 'found the rows');
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('is cancelled') });
    await live.stage.orchestra.client.workflow.getHandle(id).result();
    expect((await live.databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
    await eventually(async () => expect((await alerts()).open).toEqual([]), 30);
  });

  it.each([
    [['restore', 'latest:shop-daily', '--switch-into'], 2, '--reason'],
    [
      ['restore', 'latest:shop-daily', '--switch-into', '--as', 'nobody', '--reason', 'x'],
      2,
      'knows no nobody',
    ],
    [['switch', 'show', 'switch/none'], 1, 'There is no switch'],
  ])('says what is wrong with %j', async (args, code, sentence) => {
    expect(await run(...args)).toMatchObject({ code, stderr: expect.stringContaining(sentence) });
  });
});
