import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import { readAlerts } from '../../../schedules/index.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { askedOf } from '../../support/run-events.ts';
import { openScene, type Scene } from '../../support/scene.ts';
import { failureOf } from '../../support/stage.ts';

let scene: Scene;
let watcher: Receiver;
let plan: ResolvedPlan;

beforeAll(async () => {
  [scene, watcher] = await Promise.all([
    openScene({ tables: 'create table t as select generate_series(1, 100) i' }),
    startReceiver(),
  ]);
  const { lines } = await scene.directory('local');
  await scene.apply({ local: lines }, { daily: { copies: ['local'] } });
  plan = scene.plan('daily', (changed) => {
    changed.alertZone = 'ams';
    changed.ping = { url: { url: `${watcher.url}/uuid` } };
  });
});
beforeEach(() => {
  watcher.received.length = 0;
  watcher.answer((response) => response.end('ok'));
});
afterAll(async () => {
  await scene?.close();
  await watcher?.down();
});

const pings = () => watcher.received.map(({ path }) => path.replace(/rid=.*/, 'rid'));
const open = async () => (await readAlerts(scene.stage.orchestra.client))?.open ?? null;

/** The plan with a database that is not there. */
const broken = (): ResolvedPlan => ({ ...plan, source: { ...plan.source, database: 'nowhere' } });

describe('a backup', () => {
  it('tells the watcher of its start and its success, with what it came to', async () => {
    const result = await scene.stage.execute('backup', { plan });
    expect(result.warnings).toEqual([]);
    expect(pings()).toEqual(['/uuid/start?rid', '/uuid?rid']);
    const [start, end] = watcher.received;
    expect(end?.path.split('rid=')[1]).toBe(start?.path.split('rid=')[1]);
    expect(end?.body).toContain(`backup ${result.backupId}`);
    expect(end?.body).toContain('copy in local: committed');
  });

  it('that fails opens an alert and tells the watcher why; a good one cures it', async () => {
    const { sentence } = await failureOf(scene.stage.execute('backup', { plan: broken() }));
    expect(pings()).toEqual(['/uuid/start?rid', '/uuid/fail?rid']);
    expect(watcher.received.at(-1)?.body).toContain(sentence);
    await eventually(
      async () =>
        expect(await open()).toMatchObject([
          { kind: 'backup-failed', subject: 'daily', severity: 'critical', observer: 'backup/daily' },
        ]),
      30,
    );
    await scene.stage.execute('backup', { plan });
    await eventually(async () => expect(await open()).toEqual([]), 30);
  });

  it('is none the worse for a watcher that hangs or is away, and says so', async () => {
    watcher.answer(() => undefined);
    const hung = await scene.stage.execute('backup', { plan });
    expect(hung.result).toBe('passed');
    expect(hung.warnings).toEqual([expect.stringMatching(/watcher outside was not told of the success/)]);
    await watcher.down();
    const alone = await scene.stage.execute('backup', { plan });
    expect(alone).toMatchObject({ result: 'passed', warnings: [expect.stringMatching(/ECONNREFUSED/)] });
    await watcher.up();
  });

  it('without a ping or a zone of alerts tells nobody', async () => {
    const { ping: _ping, alertZone: _zone, ...quiet } = plan;
    const run = await scene.stage.start('backup', { plan: quiet });
    expect(await run.result()).toMatchObject({ result: 'passed', warnings: [] });
    const asked = await askedOf(run, plan.source.zone);
    expect(asked).toContain('commitCopy');
    expect(asked.filter((name) => name === 'ping' || name === 'tellAlerts')).toEqual([]);
  });
});
