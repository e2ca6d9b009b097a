import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../policy/errors.ts';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../workflows/contract-alerts.ts';
import type { RestoreTestResult } from '../../workflows/contract-restore-test.ts';
import { pathsBelow } from '../support/files.ts';
import { processesOf } from '../support/processes.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';

let scene: ProvingScene;
let backupId: string;

beforeAll(async () => {
  scene = await openProvingScene(200);
});

afterAll(() => scene?.close());

afterEach(() => scene.nothingLeft());

const tested = async () => (await pathsBelow(scene.near)).filter((path) => path.includes('/tested.'));

/** What could not be tested is told so: no proof, no marker, and an alert about the test and not about the backup. */
async function expectUntested(result: RestoreTestResult, code: ErrorCode | null, why: RegExp): Promise<void> {
  expect(result).toMatchObject({ result: 'aborted', verdict: 'untested', healed: [] });
  expect(result.exceptions.join(' ')).toMatch(why);
  if (code !== null) expect(result.attempts).toMatchObject([{ verdict: 'untested', reason: { code } }]);
  expect(result.rto.measured).toBeNull();
  expect(await tested()).toEqual([]);
  await eventually(async () => {
    const alerts = scene.stage.orchestra.client.workflow.getHandle(alertsWorkflowId);
    const { open, closed } = await alerts.query<AlertsState>(alertsQuery);
    expect(open.map(({ kind, severity }) => `${severity} ${kind}`)).toEqual(['warning test-impossible']);
    expect(closed).toEqual([]);
  }, 30);
}

describe('law 11: skipped is not passed', () => {
  it('where there is no backup to test', async () => {
    const result = await scene.test({}, { from: 'near' });
    await expectUntested(result, null, /No backup is in near/);
    expect(result).toMatchObject({ backup: null, attempts: [] });
    expect(result.evidence?.stored).toHaveLength(3);
    backupId = await scene.backUp();
  });

  it('where the repository can not be read', async () => {
    await rename(scene.near, `${scene.near}-away`);
    try {
      const result = await scene.test({}, { from: 'near' });
      expect(result).toMatchObject({ result: 'aborted', verdict: 'untested', backup: null });
      expect(result.exceptions.join(' ')).toMatch(/near could not be read/);
    } finally {
      await rename(`${scene.near}-away`, scene.near);
    }
    expect(await tested()).toEqual([]);
  });

  it('where the key can not be opened', async () => {
    const question = scene.question({}, { from: 'near' });
    const key = { ...question.plan.key, opens: { fra: { file: '/nowhere/key.asc' } } };
    const plan = { ...question.plan, key: { ...question.plan.key, ...key } };
    const result = await scene.stage.execute('restoreTest', { ...question, plan });
    await expectUntested(result, 'bad-key', /could not be tested, because: .*\/nowhere\/key\.asc/);
  });

  it('where a smoke command does not come to its end, with all that it started', async () => {
    const command = { run: ['sh', '-c', 'sleep 7777 & sleep 7777'], timeout: 2, secrets: {} };
    const result = await scene.test({ command }, { from: 'near' });
    await expectUntested(result, 'stalled', /sh could not be run to its end: .*within 2 seconds/);
    // Everything else was checked, and is told.
    expect(result.attempts[0]?.checks.filter(({ outcome }) => outcome === 'passed')).toHaveLength(7);
    expect((await processesOf('7777')).filter(({ command: name }) => name === 'sleep')).toEqual([]);
  });

  it('where this host has only tools that are older than the dump', async () => {
    const name = (await pathsBelow(scene.near, backupId)).find((path) => path.endsWith('/manifest.json'));
    const path = join(scene.near, name ?? '');
    const [manifest, signature] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.sig`)]);
    const newer = manifest.replace(/"server": "PostgreSQL [^"]*"/, '"server": "PostgreSQL 99.1"');
    const args = ['-Y', 'sign', '-f', scene.stage.lab.signing.privateFile, '-n', 'holdfast-manifest'];
    await writeFile(path, newer);
    await writeFile(`${path}.sig`, (await run({ command: 'ssh-keygen', args }, { stdin: newer })).stdout);
    try {
      const result = await scene.test({}, { from: 'near' });
      await expectUntested(result, result.attempts[0]?.reason?.code ?? null, /PostgreSQL/);
      expect(['tool-missing', 'version-mismatch']).toContain(result.attempts[0]?.reason?.code);
    } finally {
      await writeFile(path, manifest);
      await writeFile(`${path}.sig`, signature);
    }
  });

  it('where it is cancelled: it is cancelled, and nobody is alerted', async () => {
    const rule = scene.proxy.add({
      method: 'GET',
      path: /data-/,
      times: 20,
      action: { do: 'stall-download', afterBytes: 2000 },
    });
    const handle = await scene.stage.start('restoreTest', scene.question({}, { from: 'offsite' }));
    await eventually(async () => expect(rule.hits()).toBeGreaterThan(0), 60);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    scene.proxy.clear();
    const store = await scene.stage.orchestra.client.workflow
      .getHandle(alertsWorkflowId)
      .query<AlertsState>(alertsQuery);
    expect(store.open.map(({ kind }) => kind)).toEqual(['test-impossible']);
    expect(await tested()).toEqual([]);
  });

  it('and a proof cures the alert', async () => {
    expect(await scene.test({}, { from: 'near' })).toMatchObject({ result: 'passed', verdict: 'proven' });
    await eventually(async () => {
      const alerts = scene.stage.orchestra.client.workflow.getHandle(alertsWorkflowId);
      expect((await alerts.query<AlertsState>(alertsQuery)).open).toEqual([]);
    }, 30);
  });
});
