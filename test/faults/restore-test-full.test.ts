import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { openProvingScene, type ProvingScene } from '../support/proving.ts';

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
    ['before the scratch server has started', '20m'],
    ['while the data is restored', '80m'],
  ])('%s: it could not be tested, and the backup is not to blame', async (_when, size) => {
    const result = await withSmallDisk(size, () => scene.test({}, { from: 'near' }));
    expect(result).toMatchObject({
      result: 'aborted',
      verdict: 'untested',
      attempts: [{ verdict: 'untested', reason: { code: 'disk-full' }, scratchGone: true }],
      healed: [],
    });
    expect(result.exceptions.join(' ')).toMatch(
      /could not be tested, because: .*no space left.*HOLDFAST_SCRATCH_DIR/s,
    );
  });

  it('is told of no more once there is room', async () => {
    expect(await scene.test({}, { from: 'near' })).toMatchObject({ result: 'passed', verdict: 'proven' });
    await scene.nothingLeft();
  });
});
