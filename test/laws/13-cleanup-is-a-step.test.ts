import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { pathsBelow } from '../support/files.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';

let scene: ProvingScene;

beforeAll(async () => {
  scene = await openProvingScene(200);
  await scene.backUp();
});

afterAll(() => scene?.close());

afterEach(() => scene.nothingLeft());

/** How many scratch places were there while the smoke command ran. */
const counting = (file: string) => ({
  run: ['sh', '-c', `ls -d "$PGHOST" > ${file}`],
  timeout: 60,
  secrets: {},
});

describe('law 13: cleanup is a step', () => {
  it('of a test that passed: its scratch place was there, and is seen to be gone', async () => {
    const file = join(scene.stage.lab.directory, 'places');
    const result = await scene.test({ command: counting(file) });
    expect(result).toMatchObject({ result: 'passed', attempts: [{ scratchGone: true }] });
    const place = (await readFile(file, 'utf8')).trim();
    expect(place.startsWith(scene.places.scratch)).toBe(true);
    expect(await readdir(scene.places.scratch)).toEqual([]);
  });

  it('of a test that failed', async () => {
    const result = await scene.test({ smoke: ['select false'] });
    expect(result).toMatchObject({ verdict: 'disproven', attempts: [{ scratchGone: true }] });
    expect(await readdir(scene.places.scratch)).toEqual([]);
  });

  it('of a test whose copy broke off midway', async () => {
    const backupId = await scene.backUp();
    const name = (await pathsBelow(scene.near, backupId)).find((path) => path.includes('/data-')) ?? '';
    const path = join(scene.near, name);
    const body = await readFile(path);
    await truncate(path, 3000);
    const result = await scene.test({}, { from: 'near', heal: false });
    expect(result).toMatchObject({ verdict: 'disproven', attempts: [{ scratchGone: true }] });
    expect(await readdir(scene.places.scratch)).toEqual([]);
    await writeFile(path, body);
  });

  it('of a test that was cancelled, before it says that it has ended', async () => {
    const command = { run: ['sleep', '600'], timeout: 900, secrets: {} };
    const handle = await scene.stage.start('restoreTest', scene.question({ command }));
    await eventually(async () => {
      const found = await run({ command: 'pgrep', args: ['-f', '^sleep 600$'] }, { okExitCodes: [0, 1] });
      expect(found.stdout).not.toBe('');
    }, 60);
    expect(await readdir(scene.places.scratch)).toHaveLength(1);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await readdir(scene.places.scratch)).toEqual([]);
    expect(await readdir(scene.stage.orchestra.workRoot)).toEqual([]);
  });

  it('which did not succeed is an exception, and the proof stays', async () => {
    // What is mounted in a directory can not be removed with it.
    const mounted = join(scene.stage.lab.directory, 'mounted');
    const script = `mkdir "$PGHOST/kept" && mount -t tmpfs -o size=64k tmpfs "$PGHOST/kept" && echo "$PGHOST" > ${mounted}`;
    const result = await scene.test({ command: { run: ['sh', '-c', script], timeout: 60, secrets: {} } });
    const place = (await readFile(mounted, 'utf8')).trim();
    await run({ command: 'umount', args: [join(place, 'kept')] });
    await rm(place, { recursive: true });
    expect(result).toMatchObject({
      result: 'passed-with-exceptions',
      verdict: 'proven',
      attempts: [{ verdict: 'proven', scratchGone: false }],
    });
    expect(result.exceptions.join(' ')).toMatch(/Nobody saw the scratch place of the test from \w+ go/);
  });
});
