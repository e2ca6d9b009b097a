import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tools/servers/index.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { type Orchestra, startOrchestra } from '../support/orchestra.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { approve, type Deletion, idOf, openVault, reaching, type Vault } from '../support/vault.ts';

let vault: Vault;
let orchestra: Orchestra;
let places: Places;
const living = new Map<string, Program>();

beforeAll(async () => {
  [vault, orchestra, places] = await Promise.all([
    openVault({ rule: { delay: '2s' } }),
    startOrchestra([]),
    openPlaces(),
  ]);
  await Promise.all(['fra', 'ams'].map(start));
});

afterEach(() => vault.proxy.clear());

afterAll(async () => {
  await Promise.all([...living.keys()].map(kill));
  await orchestra?.close();
  await Promise.all([vault?.close(), places?.close()]);
});

async function start(zone: string): Promise<void> {
  const worker = startProgram(['worker', '--zone', zone], {
    TEMPORAL_ADDRESS: orchestra.temporal.address,
    ...places.environment,
  });
  living.set(zone, worker);
  await worker.saying('Working');
}

async function kill(zone: string): Promise<void> {
  await living.get(zone)?.kill();
  living.delete(zone);
}

async function expectGone(backup: BackupRef): Promise<void> {
  for (const name of ['local', 'offsite']) expect(await vault.left(name, backup)).toEqual([]);
}

const approveAsTwo = async (handle: Deletion) => {
  const state = await reaching(handle, 'waiting for approvals');
  for (const name of ['dba-2', 'dba-3']) await approve(handle, await vault.approval(name, state));
};

/** The survey of the zone that a worker is still at, since that of the other one has come back. */
const hangingInOneSurvey = (handle: Deletion) =>
  eventually(async () => {
    const { pendingActivities } = (await handle.describe()).raw;
    expect(pendingActivities).toMatchObject([
      { activityType: { name: 'surveyDeletion' }, lastStartedTime: expect.anything() },
    ]);
  }, 60);

/** How often each thing was recorded of a backup. */
async function recorded(backup: BackupRef): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { action, subject } of await vault.audited())
    if (subject.endsWith(backup.backupId)) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

const once = {
  'deletion.requested': 1,
  'deletion.approved': 2,
  'deletion.begun': 1,
  'deletion.done': 1,
};

describe('a deletion whose worker is killed', () => {
  let backups: BackupRef[];
  const backup = (index: number): BackupRef => {
    const found = backups[index];
    if (found === undefined) throw new Error('no such backup');
    return found;
  };

  beforeAll(async () => {
    backups = await vault.fill([1, 2, 3, 4, 5, 6].map((day) => idOf(day)));
  });

  // Three runs hang at once, because another worker takes over only after half a minute of silence.
  it('while it examines, checks again, or has half of a copy gone, goes on and begins nothing again', async () => {
    const removing = await vault.request(orchestra.client, [backup(3)]);
    await approveAsTwo(removing);
    const removal = vault.proxy.add({
      method: 'POST',
      query: { delete: /^/ },
      times: 50,
      action: { do: 'hang' },
    });
    await eventually(async () => expect(removal.hits()).toBeGreaterThan(0), 60);
    const checking = await vault.request(orchestra.client, [backup(4)]);
    const state = await reaching(checking, 'waiting for approvals');
    await approve(checking, await vault.approval('dba-2', state));
    vault.proxy.add({ method: 'GET', times: 50, action: { do: 'hang' } });
    await approve(checking, await vault.approval('dba-3', state));
    await reaching(checking, 'checking again');
    const examining = await vault.request(orchestra.client, [backup(0)]);
    await Promise.all([checking, examining].map(hangingInOneSurvey));
    await kill('ams');
    await kill('fra');
    vault.proxy.clear();
    const rest = (await vault.left('offsite', backup(3))).join(' ');
    expect(rest).toContain('data-');
    expect(rest).not.toContain('manifest.json ');
    await Promise.all(['fra', 'ams'].map(start));
    await approveAsTwo(examining);
    for (const [handle, gone] of [
      [examining, backup(0)],
      [removing, backup(3)],
      [checking, backup(4)],
    ] as const) {
      expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
      await expectGone(gone);
      expect(await recorded(gone)).toEqual(once);
    }
  });

  it('while it waits for approvals counts those that came as Signals meanwhile', async () => {
    const handle = await vault.request(orchestra.client, [backup(1)]);
    const state = await reaching(handle, 'waiting for approvals');
    await approve(handle, await vault.approval('dba-2', state));
    await kill('fra');
    await handle.signal('approve', await vault.approval('dba-1', state));
    await handle.signal('approve', await vault.approval('dba-2', state));
    await handle.signal('approve', await vault.approval('dba-3', state));
    await start('fra');
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'deleted', exceptions: [] });
    expect(result.approvals.map(({ by }) => by)).toEqual(['dba-2', 'dba-3']);
    await expectGone(backup(1));
    expect(await recorded(backup(1))).toEqual({ ...once, 'deletion.refused': 2 });
  });

  it('in the delay is carried out when the day has come, by the next one', async () => {
    const handle = await vault.request(orchestra.client, [backup(2)]);
    await approveAsTwo(handle);
    const { due } = await reaching(handle, 'waiting out the delay');
    await kill('fra');
    await eventually(async () => expect(Date.now()).toBeGreaterThan(Date.parse(due ?? '')), 30);
    expect(await vault.left('local', backup(2))).not.toEqual([]);
    await start('fra');
    expect(await handle.result()).toMatchObject({ outcome: 'deleted', exceptions: [] });
    await expectGone(backup(2));
    expect(await recorded(backup(2))).toEqual(once);
  });

  it('leaves the newest backup whole', async () => {
    for (const name of ['local', 'offsite'])
      expect((await vault.left(name, backup(5))).join(' ')).toContain('manifest.json ');
  });
});
