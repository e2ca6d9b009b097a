import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backupScheduleId, checksInput, liveSchedule } from '../../../schedules/index.ts';
import { markText } from '../../../sources/postgres/scratch-mark.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { usualPatience } from '../../../workflows/checks-patience.ts';
import { type AlertsState, alertsQuery, alertsWorkflowId } from '../../../workflows/contract-alerts.ts';
import type { ChecksInput, HealthResult } from '../../../workflows/contract-checks.ts';
import { type CheckedFleet, openCheckedFleet } from '../../support/checked-fleet.ts';
import { queryDatabase } from '../../support/database.ts';
import { makeGpgKey } from '../../support/keys.ts';
import { startReceiver } from '../../support/receivers.ts';
import { countTimers } from '../../support/run-events.ts';

let fleet: CheckedFleet;

beforeAll(async () => {
  fleet = await openCheckedFleet();
});
afterAll(() => fleet?.close());

type Change = (input: ChecksInput) => ChecksInput;

/** What does not answer is asked as often as ever, and sooner. */
const patience = { ...usualPatience, repository: 2, lapse: 1 };

const look = (change: Change = (input) => input): Promise<HealthResult> =>
  fleet.stage.execute('health', { ...change(checksInput(fleet.policy)), patience, quiet: true });

const found = ({ findings }: HealthResult) => findings.map(({ kind, subject }) => `${kind} ${subject}`);

/** The only plan otherwise. */
const planned =
  (change: Partial<ChecksInput['plans'][number]>): Change =>
  (input) => ({ ...input, plans: input.plans.map((plan) => ({ ...plan, ...change })) });

const encryptedFor =
  (publicKey: string): Change =>
  (input) => ({
    ...input,
    keys: input.keys.map((key) => (key.kind === 'gpg' ? { ...key, recipients: [publicKey] } : key)),
  });

describe('a look at the health of all', () => {
  it('finds nothing where all is well', async () => {
    expect(await look()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });

  it('finds a Schedule that somebody paused, and none once it is resumed', async () => {
    const handle = fleet.stage.orchestra.client.schedule.getHandle(backupScheduleId('daily'));
    await handle.pause('just a moment');
    expect(found(await look())).toEqual(['schedule-paused daily']);
    await handle.unpause();
    expect(found(await look())).toEqual([]);
  });

  it('finds that the check on copies was paused, and that its Schedule is gone', async () => {
    const { client } = fleet.stage.orchestra;
    const handle = client.schedule.getHandle('holdfast/copies');
    await handle.pause('just a moment');
    expect(found(await look())).toEqual(['schedule-paused copies']);
    await handle.unpause();
    const beside = (input: ChecksInput) => ({ ...input, schedules: ['copies', 'retention/daily'] });
    expect(found(await look(beside))).toEqual(['schedule-drifted retention/daily']);
  });

  it('takes no backup for missed that was due before its Schedule was changed', async () => {
    const { client } = fleet.stage.orchestra;
    const { changedAt } = (await liveSchedule(client, backupScheduleId('daily'))) ?? {};
    await client.schedule.getHandle(backupScheduleId('daily')).update((was) => was);
    const live = await liveSchedule(client, backupScheduleId('daily'));
    expect(live?.changedAt.getTime()).toBeGreaterThan(changedAt?.getTime() ?? 0);
    expect(live?.createdAt.getTime()).toBeLessThan(live?.changedAt.getTime() ?? 0);
  });

  it('finds a Schedule that somebody changed', async () => {
    expect(found(await look(planned({ cron: '0 3 * * *' })))).toEqual(['schedule-drifted daily']);
  });

  it('finds data that is older than its tier allows', async () => {
    expect(found(await look(planned({ rpo: 1 })))).toEqual(['rpo-exceeded daily']);
  });

  it('removes the scratch databases of runs that are over, and leaves those of others', async () => {
    const { stage, postgres, plan } = fleet;
    const over = await stage.start('backup', { plan }, 'over');
    await over.result();
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const marked = { holdfast_00000001_left: 'over', holdfast_00000002_foreign: 'of another Temporal' };
    for (const [name, workflowId] of Object.entries(marked)) {
      await queryDatabase(postgres, 'postgres', `create database ${name}`);
      const mark = markText({ workflowId, until });
      await queryDatabase(postgres, 'postgres', `comment on database ${name} is '${mark}'`);
    }
    const { zone, host, port, user, password, ssl } = plan.source;
    const secret = password === undefined ? {} : { password };
    const server = { name: 'scratch', zone, host, port, user, ssl, ...secret };
    const result = await look((input) => ({ ...input, scratchServers: [server] }));
    expect(result.tidied).toEqual([{ zone: 'fra', removed: ['holdfast_00000001_left on scratch'] }]);
    await queryDatabase(postgres, 'holdfast_00000002_foreign', 'select 1');
    const away = await look((input) => ({ ...input, scratchServers: [{ ...server, port: 1 }] }));
    expect(away.result).toBe('failed');
    expect(found(away)).toEqual(['check-impossible fra']);
  });

  it('finds a key that expires, and one that has expired', async () => {
    const soon = await makeGpgKey('Soon <soon@example.org>', { expires: '3d' });
    const { findings } = await look(encryptedFor(soon.publicKey));
    expect(findings).toMatchObject([{ kind: 'key-expires', subject: 'databases', severity: 'critical' }]);
    const old = await makeGpgKey('Old <old@example.org>', { madeAt: '20200101T000000', expires: '1y' });
    expect(found(await look(encryptedFor(old.publicKey)))).toEqual(['key-unusable databases']);
  });

  it('finds a signing key that is gone', async () => {
    const { privateFile } = fleet.stage.lab.signing;
    await rename(privateFile, `${privateFile}.away`);
    try {
      expect(found(await look())).toEqual(['key-unusable signing key of fra']);
    } finally {
      await rename(`${privateFile}.away`, privateFile);
    }
  });

  it('tells the alerts, which close what is cured', async () => {
    const { client } = fleet.stage.orchestra;
    const tell = (change: Change = (input) => input) =>
      fleet.stage.execute('health', change(checksInput(fleet.policy)));
    const open = async () => {
      const state = await client.workflow.getHandle(alertsWorkflowId).query<AlertsState>(alertsQuery);
      return state.open.map(({ observer, kind, subject }) => `${observer} ${kind} ${subject}`);
    };
    await tell(planned({ rpo: 1 }));
    await eventually(async () => expect(await open()).toEqual(['health rpo-exceeded daily']), 30);
    await tell();
    await eventually(async () => expect(await open()).toEqual([]), 30);
  });

  it('tells the watcher outside that somebody looks, whatever is found, and when nobody can', async () => {
    const watcher = await startReceiver();
    const watched = (change: Change): ChecksInput => {
      const input = change(checksInput(fleet.policy));
      const health = { ...input.checks.health, ping: { url: { url: `${watcher.url}/uuid` } } };
      return { ...input, checks: { ...input.checks, health } };
    };
    const paths = () => watcher.received.splice(0).map(({ path, body }) => `${path.split('?')[0]} ${body}`);
    try {
      const { stage } = fleet;
      await stage.execute('health', watched(planned({ rpo: 1 })));
      expect(paths()).toEqual([
        '/uuid/start ',
        expect.stringMatching(/^\/uuid health at .*: 1 found, 0 not looked at\ncritical rpo-exceeded daily$/),
      ]);
      const unplaced: Change = (input) => ({ ...input, timezone: 'Nowhere/At_all' });
      await expect(stage.execute('health', watched(unplaced))).rejects.toThrow();
      expect(paths()).toEqual([
        '/uuid/start ',
        expect.stringMatching(/^\/uuid\/fail Nobody knows whether all is well: .*Nowhere\/At_all/),
      ]);
      await look((input) => watched(() => input));
      expect(paths()).toEqual([]);
      await watcher.down();
      const alone = await stage.execute(
        'health',
        watched((input) => input),
      );
      expect(alone).toMatchObject({ result: 'passed', warnings: [expect.stringContaining('ECONNREFUSED')] });
    } finally {
      await watcher.down();
    }
  });

  it('finds a repository that its own zone can not read', async () => {
    await rename(fleet.local, `${fleet.local}-away`);
    try {
      const result = await look();
      expect(found(result)).toEqual(['repository-unreachable local']);
      expect(result.unchecked).toMatchObject([{ subject: 'local' }]);
    } finally {
      await rename(`${fleet.local}-away`, fleet.local);
    }
  });

  it('finds nothing where a bucket was away for a moment', async () => {
    const { stage, policy, proxy } = fleet;
    proxy.add({ path: /locked/, times: 1000, action: { do: 'reset' } });
    const input = { ...checksInput(policy), patience: { ...patience, lapse: 10 } };
    const run = await stage.start('health', { ...input, quiet: true });
    await eventually(async () => expect(await countTimers(run)).toBe(1), 60);
    proxy.clear();
    expect(await run.result()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });

  it('finds a bucket that does not answer, and looks at the others', async () => {
    await fleet.s3.kill();
    const result = await look();
    expect(found(result)).toEqual(['repository-unreachable offsite']);
  });
});
