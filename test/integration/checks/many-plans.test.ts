import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { keyOf } from '../../../repository/index.ts';
import { checksInput } from '../../../schedules/index.ts';
import { labSource } from '../../../tools/lab/lab.ts';
import { type PostgresServer, startPostgres } from '../../../tools/servers/index.ts';
import { applySchedules } from '../../support/apply-schedules.ts';
import { openStage, type Stage } from '../../support/stage.ts';

/** Enough to see what a plan adds to a run. */
const many = 100;

let stage: Stage;
let postgres: PostgresServer;
let policy: ResolvedPolicy;

beforeAll(async () => {
  [stage, postgres] = await Promise.all([openStage(), startPostgres({ major: 15 })]);
  const { lab } = stage;
  const names = Array.from({ length: many }, (_, index) => `shop-${String(index).padStart(4, '0')}`);
  const source = { ...(await labSource(lab, postgres, 'postgres')), tier: 'critical' };
  const paths = await Promise.all(['local', 'second'].map((name) => lab.repositoryPath(name)));
  const place = (path: string | undefined, zone: string) => ({
    kind: 'filesystem',
    path,
    zone,
    keepFree: '1MiB',
  });
  policy = await stage.apply({
    repositories: { local: place(paths[0], 'fra'), second: place(paths[1], 'ams') },
    sources: Object.fromEntries(names.map((name) => [name, source])),
    plans: Object.fromEntries(
      names.map((name, index) => [
        name,
        {
          source: name,
          schedule: `${index % 60} ${index % 24} * * *`,
          key: 'databases',
          copies: ['local', 'second'],
        },
      ]),
    ),
  });
  await applySchedules(stage.orchestra.client, policy);
  for (const path of paths) await Promise.all(names.map((name) => layBackup(path, name)));
});
afterAll(async () => {
  await Promise.all([stage?.close(), postgres?.stop()]);
});

/** What a listing shows of a backup: the check looks no deeper where there is no history. */
async function layBackup(path: string, source: string): Promise<void> {
  const at = new Date(Date.now() - 3_600_000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  const digits = Buffer.from(source).toString('hex').slice(-8);
  for (const file of ['data-0a1b2c.dump.zst.gpg', 'manifest.json.sig', 'manifest.json']) {
    const whole = join(path, keyOf({ source, backupId: `${at}Z-${digits}` }, file));
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, file);
  }
}

describe('a look at many plans', () => {
  it('adds less than half a KiB for each plan to the history of a run', async () => {
    const run = await stage.start('health', { ...checksInput(policy), quiet: true });
    expect(await run.result()).toMatchObject({ result: 'passed', findings: [] });
    const { historySize = 0, historyLength } = await run.describe();
    const perPlan = historySize / many;
    expect(perPlan).toBeLessThan(512);
    expect(historyLength).toBeLessThan(60);
  });
});
