import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { sql } from '../support/postgres-trip.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';
import { declareServer } from '../support/scratch-server.ts';

let scene: ProvingScene;

/** Some 60 MB in the tables and indexes of the scratch server. */
const rows = 500_000;

beforeAll(async () => {
  scene = await openProvingScene(rows);
  await scene.backUp();
});

afterAll(() => scene?.close());

/** Makes the place for scratch a small disk; only root can mount one. */
async function withSmallDisk<T>(size: string, body: () => Promise<T>): Promise<T> {
  const { scratch } = scene.places;
  await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', scratch] });
  await chmod(scratch, 0o711);
  try {
    const result = await body();
    await scene.nothingLeft();
    return result;
  } finally {
    await run({ command: 'umount', args: ['--lazy', scratch] });
  }
}

describe('a disk that is full during a restore test', () => {
  it.each([
    ['before the scratch server has started', '20m', /has no space left\. \(/],
    ['while the data is restored', '80m', /has no space left: .*could not extend file/s],
  ])('%s: it could not be tested, and the backup is not to blame', async (_when, size, sentence) => {
    const result = await withSmallDisk(size, () => scene.test({}, { from: 'near' }));
    expect(result).toMatchObject({
      result: 'aborted',
      verdict: 'untested',
      attempts: [{ verdict: 'untested', reason: { code: 'disk-full' }, scratchGone: true }],
      healed: [],
    });
    const told = result.exceptions.join(' ');
    expect(told).toMatch(/could not be tested, because: .*HOLDFAST_SCRATCH_DIR/s);
    expect(told).toMatch(sentence);
  });

  it('on a declared server: it could not be tested, and its database is gone', async () => {
    const { server, declared, scratches, stop } = await declareServer(scene.stage.lab.directory);
    const place = join(dirname(server.directory), 'small');
    const { uid } = await stat(server.directory);
    await mkdir(place);
    await run({ command: 'mount', args: ['-t', 'tmpfs', '-o', `size=20m,uid=${uid}`, 'tmpfs', place] });
    try {
      const role = declared.user;
      await sql(server, 'postgres', `create tablespace small location '${place}'`);
      await sql(
        server,
        'postgres',
        `grant create on tablespace small to ${role}; alter role ${role} set default_tablespace = small`,
      );
      const result = await scene.test({ server: declared }, { from: 'near' });
      expect(result).toMatchObject({
        result: 'aborted',
        attempts: [{ verdict: 'untested', reason: { code: 'disk-full' }, scratchGone: true }],
        healed: [],
      });
      expect(result.exceptions.join(' ')).toMatch(/no space left: .*Make room on the server development/s);
      expect(await scratches()).toEqual([]);
      await scene.nothingLeft();
    } finally {
      await run({ command: 'umount', args: ['--lazy', place] });
      await stop();
    }
  });

  it('is told of no more once there is room', async () => {
    expect(await scene.test({}, { from: 'near' })).toMatchObject({ result: 'passed', verdict: 'proven' });
    await scene.nothingLeft();
  });
});
