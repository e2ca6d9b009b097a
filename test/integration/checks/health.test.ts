import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { backupScheduleId, checksInput } from '../../../schedules/index.ts';
import type { HealthResult } from '../../../workflows/contract-checks.ts';
import { applySchedules } from '../../support/apply-schedules.ts';
import { openScene, type Scene } from '../../support/scene.ts';

let scene: Scene;
let policy: ResolvedPolicy;

beforeAll(async () => {
  scene = await openScene({ tables: 'create table t as select generate_series(1, 100) i' });
  const { lines } = await scene.directory('local');
  policy = await scene.apply(
    { local: lines, offsite: scene.bucket() },
    { daily: { copies: ['local', 'offsite'] } },
  );
  await applySchedules(scene.stage.orchestra.client, policy);
  await scene.stage.execute('backup', { plan: scene.plan('daily') });
});
afterAll(() => scene?.close());

const look = (changed: ResolvedPolicy = policy): Promise<HealthResult> =>
  scene.stage.execute('health', { ...checksInput(changed), quiet: true });

const found = ({ findings }: HealthResult) => findings.map(({ kind, subject }) => `${kind} ${subject}`);

describe('health', () => {
  it('finds nothing where all is well', async () => {
    expect(await look()).toMatchObject({ result: 'passed', findings: [], unchecked: [] });
  });

  it('finds a Schedule that somebody paused, and none once it is resumed', async () => {
    const handle = scene.stage.orchestra.client.schedule.getHandle(backupScheduleId('daily'));
    await handle.pause('just a moment');
    expect(found(await look())).toEqual(['schedule-paused daily']);
    await handle.unpause();
    expect(found(await look())).toEqual([]);
  });
});
