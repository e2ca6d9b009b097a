import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { heartbeatOf } from '../../cli/heartbeat.ts';
import type { ResolvedPlan } from '../../policy/resolved.ts';
import { run } from '../../process/index.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type RestoreInput, releaseSignal } from '../../workflows/contract-restore.ts';
import { holdfast } from '../support/cli.ts';
import { pathsBelow, readingsOf } from '../support/files.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { processesOf } from '../support/processes.ts';
import { askFor, openScene, type Scene } from '../support/scene.ts';
import { failureOf, type Stage } from '../support/stage.ts';

let scene: Scene;
let stage: Stage;
let places: Places;
let plan: ResolvedPlan;
let backupId: string;
let near: string;
let next: string;

const rows = 20_000;

beforeAll(async () => {
  [scene, places] = await Promise.all([
    openScene({
      zones: ['fra'],
      tables: `create table orders (id bigserial primary key, note text not null);
        insert into orders (note) select md5(i::text) || md5((i + 1)::text) from generate_series(1, ${rows}) i`,
    }),
    openPlaces(),
  ]);
  process.env.HOLDFAST_SCRATCH_DIR = places.scratch;
  stage = scene.stage;
  const [first, second] = await Promise.all([scene.directory('near'), scene.directory('next')]);
  [near, next] = [first.path, second.path];
  await scene.apply(
    { near: first.lines, next: second.lines, offsite: scene.bucket({ zone: 'fra' }) },
    { all: { copies: ['near', 'next', 'offsite'] } },
  );
  plan = scene.plan('all');
  backupId = (await stage.execute('backup', { plan })).backupId;
});

afterAll(async () => {
  delete process.env.HOLDFAST_SCRATCH_DIR;
  await Promise.all([scene?.close(), places?.close()]);
});

/** Law 13: whatever became of a restore, nothing of it is left on this host. */
afterEach(async () => {
  scene.proxy.clear();
  await eventually(async () => {
    expect(await processesOf(places.scratch)).toEqual([]);
    expect(await processesOf(stage.orchestra.workRoot)).toEqual([]);
    expect(await readdir(places.scratch)).toEqual([]);
    expect(await readdir(stage.orchestra.workRoot)).toEqual([]);
  }, 20);
});

function question(change: Partial<RestoreInput> = {}): RestoreInput {
  return { ...askFor(plan, backupId), zone: 'fra', candidates: plan.copies, keep: 0, ...change };
}

const from = (...names: string[]) => plan.copies.filter(({ name }) => names.includes(name));

/** Damages a file of the backup in a repository, and mends it after the body. */
async function withDamage(
  repository: string,
  file: RegExp,
  damage: (path: string, bytes: Buffer) => Promise<void>,
  body: (path: string) => Promise<void>,
): Promise<void> {
  const name = (await pathsBelow(repository, backupId)).find((path) => file.test(path));
  if (name === undefined) throw new Error(`no file of the backup matches ${file}`);
  const path = join(repository, name);
  const bytes = await readFile(path);
  try {
    await damage(path, bytes);
    await body(path);
  } finally {
    await writeFile(path, bytes);
  }
}

/** Changes one bit in the middle. */
const flip = async (path: string, bytes: Buffer) => {
  const changed = Buffer.from(bytes);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  await writeFile(path, changed);
};

const shorten = (path: string, bytes: Buffer) => truncate(path, bytes.length - 1000);

const data = /\/data-/;

describe('a restore', () => {
  it('takes the next copy when a bit of the nearest has changed, and says so', () =>
    withDamage(near, data, flip, async () => {
      expect(await stage.execute('restore', question())).toMatchObject({
        result: 'passed-with-exceptions',
        repository: 'next',
        rows,
        differences: [],
        exceptions: [expect.stringMatching(/copy in near could not be used: .*data-.* SHA-256/)],
      });
    }));

  it('takes the next copy when the nearest is truncated', () =>
    withDamage(near, data, shorten, async () => {
      expect(await stage.execute('restore', question())).toMatchObject({
        result: 'passed-with-exceptions',
        repository: 'next',
        exceptions: [
          expect.stringMatching(/copy in near could not be used: .*data-.* bytes, and its manifest/),
        ],
      });
    }));

  it('takes the next copy when a file of the nearest is missing', () =>
    withDamage(
      near,
      /\/globals-/,
      (path) => rm(path),
      async () => {
        expect(await stage.execute('restore', question())).toMatchObject({
          repository: 'next',
          exceptions: [expect.stringMatching(/globals-.* is missing/)],
        });
      },
    ));

  it('refuses a manifest that was changed, and uses another copy', () =>
    withDamage(
      near,
      /\/manifest\.json$/,
      (path, bytes) => writeFile(path, bytes.toString().replace('"plan":', ' "plan":')),
      async () => {
        expect(await failureOf(stage.execute('restore', question({ candidates: from('near') })))).toEqual({
          code: 'untrusted-signature',
          sentence: expect.stringContaining('signature'),
        });
        expect(await stage.execute('restore', question())).toMatchObject({
          result: 'passed-with-exceptions',
          repository: 'next',
        });
      },
    ));

  it('refuses a manifest that a stranger has signed', async () => {
    const stranger = await makeSigningKey(stage.lab.directory, 'stranger');
    const sign = async (path: string) => {
      const manifest = await readFile(path.replace(/\.sig$/, ''));
      const args = ['-Y', 'sign', '-f', stranger.privateFile, '-n', 'holdfast-manifest'];
      const signed = await run({ command: 'ssh-keygen', args }, { stdin: manifest });
      await writeFile(path, signed.stdout);
    };
    await withDamage(near, /\/manifest\.json\.sig$/, sign, async () => {
      const failure = await failureOf(stage.execute('restore', question({ candidates: from('near') })));
      expect(failure).toEqual({
        code: 'untrusted-signature',
        sentence: expect.stringContaining('of a stranger'),
      });
    });
  });

  it('fails with a sentence that names each copy when none is good', () =>
    withDamage(near, data, flip, () =>
      withDamage(next, data, shorten, async () => {
        scene.proxy.add({ method: 'GET', path: /data-/, times: 50, action: { do: 'answer', status: 403 } });
        const { sentence } = await failureOf(stage.execute('restore', question()));
        for (const name of ['near', 'next', 'offsite'])
          expect(sentence).toContain(`The copy in ${name} could not be used:`);
      }),
    ));

  it('keeps the scratch place for people, who reach it by the command that is told, until it is released', async () => {
    const handle = await stage.start('restore', question({ keep: 3600 }));
    const connect = await eventually(async () => {
      const told = heartbeatOf(await handle.describe())?.connect;
      if (typeof told !== 'string') throw new Error('nobody has told how to connect');
      return told;
    }, 60);
    const counted = await run({
      command: 'bash',
      args: ['-c', `${connect} --no-align --tuples-only --command='select count(*) from orders'`],
    });
    expect(counted.stdout.trim()).toBe(String(rows));
    expect(connect).not.toContain(scene.postgres.password);
    // Meanwhile nothing removes the copy.
    expect((await readingsOf(near, backupId)).open).toBe(1);
    await handle.signal(releaseSignal);
    expect(await handle.result()).toMatchObject({ result: 'passed', rows, differences: [] });
    expect((await readingsOf(near, backupId)).open).toBe(0);
    expect(await readdir(places.scratch)).toEqual([]);
  });

  it('leaves no process and no directory when it is cancelled midway', async () => {
    const rule = scene.proxy.add({
      method: 'GET',
      path: /data-/,
      times: 20,
      action: { do: 'stall-download', afterBytes: 100_000 },
    });
    const handle = await stage.start('restore', question({ candidates: from('offsite') }));
    await eventually(async () => {
      expect(rule.hits()).toBeGreaterThan(0);
      expect((await processesOf(places.scratch)).map(({ command }) => command)).toContainEqual(
        expect.stringContaining('pg_restore'),
      );
      const told = heartbeatOf(await handle.describe());
      expect(told).toMatchObject({ phase: 'restoring from offsite', bytes: expect.any(Number) });
      expect(told?.bytes).toBeGreaterThan(0);
    }, 60);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await readdir(places.scratch)).toEqual([]);
    expect(await readdir(stage.orchestra.workRoot)).toEqual([]);
  });
});

describe('holdfast backup verify', () => {
  const verify = async (...more: string[]) => {
    const env = {
      TEMPORAL_ADDRESS: stage.orchestra.temporal.address,
      HOLDFAST_POLICY: stage.lab.policyFile,
    };
    return holdfast(['backup', 'verify', backupId, ...more], { env });
  };

  it('names the file that was changed, and the copy', () =>
    withDamage(near, data, flip, async (path) => {
      const { code, stdout } = await verify();
      expect(code).toBe(3);
      const faulty = stdout.split('\n').filter((line) => line.includes('SHA-256'));
      expect(faulty).toEqual([expect.stringContaining(path.slice(near.length + 1))]);
      expect(stdout).toMatch(/near.*failed|failed.*near/);
      expect(stdout).toMatch(/next.*passed|passed.*next/);
    }));

  it('passes, whole and deep, once all is as it was', async () => {
    expect(await verify('--deep')).toMatchObject({ code: 0, stdout: expect.stringContaining('passed') });
  });
});
